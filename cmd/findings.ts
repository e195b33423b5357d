import type { Finding } from "../src/doctor/finding.ts";
import type { Rung } from "../src/doctor/ladder.ts";
import { isRefusal, permissionHint } from "../src/errors.ts";
import { findingLines, findingsSummary, itemOf, wayLines } from "../src/output/doctor.ts";
import { errorItem, type Item, type Report } from "../src/output/items.ts";
import { printList } from "../src/output/object.ts";
import { reportFormats } from "../src/output/report.ts";
import { styleFor } from "../src/output/style.ts";
import type { PlaceDetail } from "../src/output/words.ts";
import type { UnreadableNamespace } from "../src/usage/listed-secrets.ts";
import { printPlaceError } from "./conclude.ts";
import { clientVersion } from "./project.ts";
import type { Session } from "./session.ts";
import { failureCode } from "./verb.ts";

type ReportFormat = keyof typeof reportFormats;

export const isReport = (format: string | undefined): format is ReportFormat => Object.keys(reportFormats).includes(format ?? "");

/** Prints items and errors on standard output in a format for programs. */
export async function printReport(
  session: Session,
  verb: Report["verb"],
  format: ReportFormat,
  items: readonly Item[],
  unreadable: readonly UnreadableNamespace[],
): Promise<void> {
  const errors = unreadable.map(({ error, ...at }) => errorItem(error, at, session.formatCommand));
  session.print(await reportFormats[format]([...items, ...errors], { verb, now: session.now(), version: clientVersion }));
}

/**
 * Reads what a verb reports. An error that ends the run is printed as an item too.
 * @throws the same error
 */
export async function reading<T>(session: Session, verb: Report["verb"], format: string | undefined, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isReport(format) && isRefusal(error)) await printReport(session, verb, format, [], [{ namespace: session.namespace ?? "", error }]);
    throw error;
  }
}

/** Prints errors for people. @throws CliError of the only namespace, which the entry point prints */
export function printUnreadable(session: Session, unreadable: readonly UnreadableNamespace[], where: PlaceDetail): void {
  for (const { error, ...at } of unreadable) {
    if (where === "one" || (at.namespace === "" && where === "namespaces")) throw error;
    printPlaceError(session, error, { kind: "namespace", name: at.namespace, ...at }, where);
  }
  const [hint] = unreadable.flatMap(({ error }) => permissionHint(error) ?? []);
  if (hint !== undefined) session.hint(hint);
}

/**
 * Prints findings, each as soon as it is known, and then the ways to pull. In a format for programs, prints all of them as one list.
 * @returns the exit code: 2 if a check could not look, or else 1 if one failed
 */
export async function printFindings(
  findings: AsyncIterable<Finding<string>>,
  { print, stdout, stderr, env, formatCommand }: Session,
  output: "json" | "yaml" | undefined,
  readWays?: () => Promise<readonly Rung[]>,
): Promise<number> {
  const style = { style: styleFor(stdout, env), formatCommand };
  const found: Finding<string>[] = [];
  for await (const finding of findings) {
    if (output === undefined) print(findingLines(finding, found, style));
    found.push(finding);
  }
  const ways = (await readWays?.()) ?? [];
  const items = [...found, ...ways].map((one) => itemOf(one, formatCommand));
  if (output === undefined) {
    print(wayLines(ways, style));
    stderr.write(`${findingsSummary(found)}\n`);
  } else print(await printList(items, output));
  if (found.some(({ status }) => status === "unknown")) return failureCode(true);
  return Number(found.some(({ status }) => status === "failed"));
}

import type { Finding } from "../src/doctor/finding.ts";
import type { Rung } from "../src/doctor/ladder.ts";
import { isRefusal, permissionHint } from "../src/errors.ts";
import { findingLines, findingsSummary, wayLines } from "../src/output/doctor.ts";
import type { Report } from "../src/output/format.ts";
import { type FormatName, isForPrograms, openFormat } from "../src/output/formats.ts";
import { errorItem, findingItem, type Item } from "../src/output/items.ts";
import { styleFor } from "../src/output/style.ts";
import type { PlaceDetail } from "../src/output/words.ts";
import type { UnreadableNamespace } from "../src/usage/listed-secrets.ts";
import { printPlaceError } from "./conclude.ts";
import { clientVersion } from "./project.ts";
import type { Session } from "./session.ts";
import { failureCode } from "./verb.ts";

/** Prints items and errors on standard output in a format for programs. */
export async function printReport(
  session: Session,
  verb: Report["verb"],
  format: Exclude<FormatName, "wide">,
  items: readonly Item[],
  unreadable: readonly UnreadableNamespace[] = [],
): Promise<void> {
  const errors = unreadable.map(({ error, ...at }) => errorItem(error, at, session.formatCommand));
  const { items: print } = await openFormat(format);
  if (!print) throw new Error(`-o ${format} prints no items`);
  session.print(await print([...items, ...errors], { verb, now: session.now(), version: clientVersion }));
}

/**
 * Reads what a verb reports. An error that ends the run is printed as an item too.
 * @throws the same error
 */
export async function reading<T>(
  session: Session,
  verb: Report["verb"],
  format: FormatName | undefined,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isForPrograms(format) && isRefusal(error))
      await printReport(session, verb, format, [], [{ namespace: session.namespace ?? "", error }]);
    throw error;
  }
}

/** Prints errors for people. @throws CliError of the only namespace, which the entry point prints, except if it is a finding */
export function printUnreadable(session: Session, unreadable: readonly UnreadableNamespace[], where: PlaceDetail, endsRun = true): void {
  for (const { error, ...at } of unreadable) {
    if (endsRun && (where === "one" || (at.namespace === "" && where === "namespaces"))) throw error;
    printPlaceError(session, error, { kind: "namespace", name: at.namespace, ...at }, where);
  }
  const [hint] = unreadable.flatMap(({ error }) => permissionHint(error) ?? []);
  if (hint !== undefined) session.hint(hint);
}

/**
 * Prints findings, each as soon as it is known, and then the ways to pull. In a format for programs, prints all of them as one list.
 * @param counts whether a check that could not look is an error. By default, each one is
 * @returns the exit code: 2 if such a check could not look, or else 1 if one failed
 */
export async function printFindings(
  findings: AsyncIterable<Finding<string>>,
  session: Session,
  output: "json" | "yaml" | undefined,
  readWays?: () => Promise<readonly Rung[]>,
  counts: (finding: Finding<string>) => boolean = () => true,
): Promise<number> {
  const { print, stdout, stderr, env, formatCommand } = session;
  const style = { style: styleFor(stdout, env), formatCommand };
  const found: Finding<string>[] = [];
  for await (const finding of findings) {
    if (output === undefined) print(findingLines(finding, found, style));
    found.push(finding);
  }
  const ways = (await readWays?.()) ?? [];
  if (output === undefined) {
    print(wayLines(ways, found, style));
    stderr.write(`${findingsSummary(found)}\n`);
  } else
    await printReport(
      session,
      "doctor",
      output,
      [...found, ...ways].map((one) => findingItem(one, formatCommand)),
    );
  if (found.some((one) => one.status === "unknown" && counts(one))) return failureCode(true);
  return Number(found.some(({ status }) => status === "failed"));
}

import { isRefusal, permissionHint } from "../src/errors.ts";
import { errorItem, type Item, type Report } from "../src/output/items.ts";
import { reportFormats } from "../src/output/report.ts";
import type { PlaceDetail } from "../src/output/words.ts";
import type { UnreadableNamespace } from "../src/state/listed-secrets.ts";
import { printPlaceError } from "./conclude.ts";
import { clientVersion, home } from "./project.ts";
import type { Session } from "./session.ts";

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
  // Only a report that explains causes needs the texts
  const explain = format === "sarif" ? (await import("./explain.ts")).meaningOf : undefined;
  session.print(await reportFormats[format]([...items, ...errors], { verb, now: session.now(), version: clientVersion, home, explain }));
}

/**
 * Reads what a verb reports. An error that ends the run is printed as an item too.
 * @throws the same error
 */
export async function reading<T>(session: Session, verb: Report["verb"], format: string | undefined, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isReport(format) && isRefusal(error))
      await printReport(session, verb, format, [], [{ context: undefined, namespace: session.namespace ?? "", error }]);
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

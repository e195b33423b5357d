import { age } from "../../src/duration.ts";
import { type FormatName, isForPrograms } from "../../src/output/formats.ts";
import { leftoverItem } from "../../src/output/items.ts";
import { table } from "../../src/output/table.ts";
import type { PruneRow } from "../../src/plan/prune.ts";
import { printReport } from "../findings.ts";
import type { Session } from "../session.ts";

/** The flags that select how leftovers are shown. */
type ShowFlags = {
  readonly output: FormatName | undefined;
  readonly "no-headers": boolean;
  readonly "older-than": string;
};

/**
 * Returns the table of `prune`. Azure doesn't show when an ACR token was last used. For a password of an application, only a preview API
 * does.
 */
function pruneTable(rows: readonly PruneRow[], { output, "no-headers": bare, "older-than": olderThan }: ShowFlags, now: Date): string {
  const header = ["NAME", "KIND", "FOR", "AGE", "LAST USE", "STATE", ...(output === "wide" ? ["CLUSTER", "IDENTITY", "PASSWORDS"] : [])];
  const cells = rows.map(({ to, what, identity, passwords, for: { words, clusters }, madeAt, state, lost }) => {
    const held = lost ? "" : passwords.map(({ slot }) => slot).join(",");
    const shown = state === "too recent" ? `too recent (changed less than ${olderThan} ago, see --older-than)` : state;
    const all = [to.name, what, words, age(madeAt, now), "<unknown>", shown, clusters.join(","), identity, held];
    return all.slice(0, header.length);
  });
  return table(header, cells, { headers: !bare });
}

const order: readonly PruneRow["state"][] = ["orphan", "exported", "unknown", "other cluster", "too recent", "in use"];

export const sorted = (rows: readonly PruneRow[]) =>
  rows.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.to.name.localeCompare(b.to.name));

export async function showLeftovers(rows: readonly PruneRow[], flags: ShowFlags, session: Session): Promise<void> {
  const { output } = flags;
  if (isForPrograms(output)) return printReport(session, "prune", output, rows.map(leftoverItem));
  const shown = output === "wide" ? rows : rows.filter(({ state }) => state !== "in use");
  if (shown.length > 0) session.print(pruneTable(shown, flags, session.now()));
  else session.stderr.write("no leftovers found\n");
}

/** Hints at further objects that could be removed, and the flags for that. */
export function hintAtOthers(rows: readonly PruneRow[], olderThan: string, { hint }: Session): void {
  const hints = {
    "other cluster": "created for other clusters; to check them, run the command with the --context of each",
    unknown: "without a recorded cluster; to delete them too, add --include-unknown",
    exported: "exported and not applied to this cluster; to delete them too, add --include-exported",
    "too recent": `changed less than ${olderThan} ago; to delete them too, wait or lower --older-than`,
  };
  for (const [wanted, why] of Object.entries(hints)) {
    const { length } = rows.filter(({ state, isDeleted }) => state === wanted && !isDeleted);
    if (length > 0) hint(`kept ${length}, ${why}`);
  }
}

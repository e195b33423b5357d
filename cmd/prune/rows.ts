import { age } from "../../src/duration.ts";
import { type FormatName, isForPrograms } from "../../src/output/formats.ts";
import { leftoverItem } from "../../src/output/items.ts";
import { table } from "../../src/output/table.ts";
import type { Leftover, PruneOptions } from "../../src/secret/leftovers.ts";
import { inLine } from "../../src/wording.ts";
import { printReport } from "../findings.ts";
import type { Session } from "../session.ts";

/** How leftovers are shown. */
type ShowOptions = {
  readonly output: FormatName | undefined;
  readonly "no-headers": boolean;
  /** In words, such as 10m. */
  readonly olderThan: string;
  /** Whether everything could be checked. */
  readonly isComplete: boolean;
};

/**
 * Returns the table of `prune`. Azure doesn't show when an ACR token was last used. For a password of an application, only a preview API
 * does.
 */
function pruneTable(rows: readonly Leftover[], { output, "no-headers": bare, olderThan }: ShowOptions, now: Date): string {
  const header = ["NAME", "KIND", "FOR", "AGE", "LAST USE", "STATE", ...(output === "wide" ? ["CLUSTER", "IDENTITY", "PASSWORDS"] : [])];
  const cells = rows.map(({ to, what, identity, passwords, for: { words, cluster = "" }, madeAt, state, lost }) => {
    const held = lost ? "" : passwords.map(({ slot }) => slot).join(",");
    const shown = state === "too recent" ? `too recent (changed less than ${olderThan} ago, see --older-than)` : state;
    const all = [to.name, what, words, age(madeAt, now), "<unknown>", shown, cluster, identity, held];
    return all.slice(0, header.length);
  });
  return table(header, cells, { headers: !bare });
}

const order: readonly Leftover["state"][] = ["orphan", "exported", "unknown", "other cluster", "too recent", "in use"];

export const sorted = (rows: readonly Leftover[]) =>
  rows.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.to.name.localeCompare(b.to.name));

export async function showLeftovers(rows: readonly Leftover[], flags: ShowOptions, session: Session): Promise<void> {
  const { output } = flags;
  if (isForPrograms(output)) return printReport(session, "prune", output, rows.map(leftoverItem));
  const shown = output === "wide" ? rows : rows.filter(({ state }) => state !== "in use");
  if (shown.length > 0) session.print(pruneTable(shown, flags, session.now()));
  else session.stderr.write(`no leftovers found${flags.isComplete ? "" : " among the objects that were checked"}\n`);
}

/** Hints at further objects that could be removed, and the flags for that. */
export function hintAtOthers(
  rows: readonly Leftover[],
  { age, exports }: { age: string } & Pick<PruneOptions, "exports">,
  { hint }: Session,
): void {
  const hints = {
    "other cluster": "created for other clusters; to check them, run the command with the --context of each",
    unknown: "because it is unknown whether they are used; if nothing uses them, delete them in Azure",
    exported: `exported and not applied to this cluster; ${exports === "none" ? "to delete all but the newest of each Secret, add --exported" : "to delete them too, add --exported=all"}`,
    "too recent": `changed less than ${age} ago; to delete them too, wait or lower --older-than`,
  };
  const accounts = rows.filter(({ what, willDelete }) => willDelete && what === "federated credential").map(({ for: { words } }) => words);
  if (accounts.length > 0) hint(`pods cannot pull without a pull secret until you set these up again: ${inLine(accounts)}`);
  const signedIn = rows.filter(({ needed }) => needed === "workload identity").map(({ for: { words } }) => words);
  if (signedIn.length > 0) hint(`kept ${signedIn.length}, because Azure Workload Identity uses it: ${inLine(signedIn)}`);
  for (const [wanted, why] of Object.entries(hints)) {
    const { length } = rows.filter(({ state, willDelete }) => state === wanted && !willDelete);
    if (length > 0) hint(`kept ${length}, ${why}`);
  }
}

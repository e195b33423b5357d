import type { ChalkInstance } from "chalk";
import { causes } from "../check/cause.ts";
import { listed } from "../check/message.ts";
import type { Verdict } from "../check/verdict.ts";
import type { Fix } from "../fix.ts";
import { printable } from "./printable.ts";
import { table } from "./table.ts";
import { type PlaceDetail, placeColumns } from "./words.ts";

type FormatCommand = (fix: Fix) => string;

/** Formats a check for people: the table, then each failure with its reason, its notes and its command. Each command is printed once. */
export function verdictText(
  verdicts: readonly Verdict[],
  options: { readonly headers: boolean; readonly where: PlaceDetail; readonly style: ChalkInstance; formatCommand: FormatCommand },
): string {
  const places = placeColumns(options.where);
  const rows = verdicts.map((verdict) => {
    const { image, secret, pods, cause } = verdict;
    return [...places.cells(verdict), image, secret, String(pods.length), causes[cause].words];
  });
  const groups = Map.groupBy(verdicts.filter(hasReason), (verdict) => (verdict.fix ? options.formatCommand(verdict.fix) : reason(verdict)));
  const reasons = [...groups].map(([key, group]) => {
    const notes = new Set(group.flatMap((verdict) => verdict.notes ?? []));
    const said = new Set(group.flatMap((verdict) => verdict.registryMessages ?? []));
    const lines = [...group.map(reason), ...[...said, ...notes].map((note) => `* ${note}`), ...(group[0]?.fix ? [`  ${key}`] : [])];
    return `\n${lines.map((line) => `${printable(line)}\n`).join("")}`;
  });
  const header = [...places.header, "IMAGE", "SECRET", "PODS", "VERDICT"];
  const paint = (cell: string, row: number, column: number) =>
    column === header.length - 1 ? options.style[colorOf(verdicts[row])](cell) : cell;
  return table(header, rows, { headers: options.headers, paint }) + reasons.join("");
}

const colorOf = (verdict: Verdict | undefined) => {
  if (!verdict || failed(verdict)) return "red";
  return causes[verdict.cause].severity === "fine" ? "green" : "yellow";
};

/** Whether a verdict makes the command fail. An image that the command line names also fails if it could not be checked. */
export const failed = ({ cause, owners }: Pick<Verdict, "cause" | "owners">): boolean =>
  causes[cause].severity === "failure" || (causes[cause].severity === "note" && owners.length === 0);

const hasReason = (verdict: Verdict): boolean => failed(verdict) || causes[verdict.cause].severity === "note";

function reason({ image, pods, cause, message }: Verdict): string {
  return `${image}${pods.length > 0 ? ` (${listed(pods)})` : ""}: ${message ?? causes[cause].words}`;
}

import type { ChalkInstance } from "chalk";
import { causes } from "../check/cause.ts";
import { listed } from "../check/message.ts";
import type { Verdict } from "../check/verdict.ts";
import type { Fix } from "../fix.ts";
import { nameOf } from "../kinds.ts";
import type { PullHost } from "../registry/port.ts";
import { printable } from "./printable.ts";
import { table } from "./table.ts";
import { type PlaceDetail, placeColumns } from "./words.ts";

type FormatCommand = (fix: Fix) => string;

type TextOptions = {
  readonly headers: boolean;
  readonly where: PlaceDetail;
  readonly style: ChalkInstance;
  /** Images that could not be checked, or are only cached, are failures too. */
  readonly strict?: boolean;
  /** Adds the hosts of each pull. */
  readonly wide?: boolean;
  formatCommand: FormatCommand;
};

/** Formats a check for people: the table, then each failure. */
export const verdictText = (verdicts: readonly Verdict[], options: TextOptions): string =>
  verdictTable(verdicts, options) + verdictReasons(verdicts, options);

export function verdictTable(verdicts: readonly Verdict[], options: TextOptions): string {
  const places = placeColumns(options.where);
  const rows = verdicts.map((verdict) => {
    const { image, secret, owners, pods, cause } = verdict;
    return [
      ...places.cells(verdict),
      image,
      secret,
      ownerCell(owners),
      String(pods.length),
      causes[cause].words,
      ...(options.wide ? [allowedHosts(verdict)] : []),
    ];
  });
  const header = [...places.header, "IMAGE", "SECRET", "OWNER", "PODS", "VERDICT", ...(options.wide ? ["HOSTS"] : [])];
  const colorOf = (verdict: Verdict | undefined) => (verdict ? colors[rankOf(verdict, options.strict)] : "red") ?? "red";
  const paint = (cell: string, row: number, column: number) =>
    header[column] === "VERDICT" ? options.style[colorOf(verdicts[row])](cell) : cell;
  return table(header, rows, { headers: options.headers, paint });
}

/** Formats each failure with its cause, its notes and its command, after an empty line. Each command is printed once. */
export function verdictReasons(verdicts: readonly Verdict[], options: Pick<TextOptions, "strict" | "formatCommand">): string {
  const unclear = verdicts.filter((verdict) => rankOf(verdict, options.strict) < ranks.fine);
  const groups = Map.groupBy(unclear, ({ fix, ...verdict }) => (fix ? options.formatCommand(fix) : linesOf(verdict).join("\n")));
  const reasons = [...groups].map(([key, group]) => {
    const notes = new Set(group.flatMap((verdict) => verdict.notes ?? []));
    return [...group.flatMap(linesOf), ...[...notes].map((note) => `note: ${note}`), ...(group[0]?.fix ? [`  ${key}`] : [])];
  });
  // Images that pull have notes too: a platform without a manifest, or another host that fails
  const fine = verdicts.filter((verdict) => !unclear.includes(verdict) && verdict.notes?.length);
  const remarks = [...Map.groupBy(fine, ({ notes }) => JSON.stringify(notes)).values()].map((group) => [
    listed(group.map(({ image }) => image)),
    ...(group[0]?.notes ?? []).map((note) => `note: ${note}`),
  ]);
  return [...reasons, ...remarks].map((lines) => `\n${lines.map((line) => `${printable(line)}\n`).join("")}`).join("");
}

/** The hosts as a firewall must allow them: Azure can move a registry to another storage account. */
const allowedHosts = ({ hosts = [] }: Verdict): string =>
  [...new Set(hosts.map(({ host }: PullHost) => host.replace(/^[^.]+(?=\.blob\.core\.)/, "*")))].join(",");

/** Formats like kubectl does for the endpoints of a Service: `deployment/web + 2 more...`. */
const ownerCell = ([first, ...others]: Verdict["owners"]): string =>
  first ? nameOf(first) + (others.length > 0 ? ` + ${others.length} more...` : "") : "";

/** The order of the rows, and their colors. */
const ranks = { failed: 0, note: 1, fine: 2 } as const;
const colors = ["red", "yellow", "green"] as const;

function rankOf(verdict: Verdict, strict = false): number {
  return failed(verdict, strict) ? ranks.failed : causes[verdict.cause].severity === "fine" ? ranks.fine : ranks.note;
}

/** Returns failures first, then images that could not be checked, then images that pull, each in the same order as before. */
export const inOrderOfSeverity = (verdicts: readonly Verdict[], strict = false): Verdict[] =>
  [...verdicts].sort((a, b) => rankOf(a, strict) - rankOf(b, strict));

/** Formats the counts: `41 images: 38 pull, 2 fail, 1 not checked`. */
export function verdictSummary(verdicts: readonly Verdict[], strict = false): string {
  const count = (rank: number, cached = false) =>
    verdicts.filter((verdict) => rankOf(verdict, strict) === rank && (verdict.cause === "by-node") === cached).length;
  const [pull, fail] = [count(ranks.fine), count(ranks.failed) + count(ranks.failed, true)];
  const [unchecked, cached] = [count(ranks.note), count(ranks.note, true)];
  const parts = [
    pull > 0 ? `${pull} ${pull === 1 ? "pulls" : "pull"}` : "",
    fail > 0 ? `${fail} ${fail === 1 ? "fails" : "fail"}` : "",
    cached > 0 ? `${cached} only cached` : "",
    unchecked > 0 ? `${unchecked} not checked` : "",
  ];
  return `${verdicts.length} ${verdicts.length === 1 ? "image" : "images"}: ${parts.filter(Boolean).join(", ")}`;
}

/**
 * Whether a verdict makes the command fail. An image that could not be checked, or is only cached, fails if the command line names it.
 * @param strict it always fails
 */
export const failed = ({ cause, owners }: Pick<Verdict, "cause" | "owners">, strict = false): boolean =>
  causes[cause].severity === "failure" || (causes[cause].severity === "note" && (strict || owners.length === 0));

/** Returns the image with its pods, the registry's messages and the cause, each on its own line. */
function linesOf({ image, pods, owners, cause, message, registryMessages = [] }: Verdict): string[] {
  const users = pods.length > 0 ? pods : owners.map(nameOf);
  return [
    `${image}${users.length > 0 ? ` (${listed(users)})` : ""}`,
    ...registryMessages.map((text) => `registry: ${text}`),
    `cause: ${message ?? causes[cause].words}`,
  ];
}

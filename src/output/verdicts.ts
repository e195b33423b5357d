import type { ChalkInstance } from "chalk";
import { nameOf } from "../kinds.ts";
import { counted, joinNames, pluralize } from "../wording.ts";
import { type ImageCheck, nextCommandOf } from "./items.ts";
import { printable } from "./printable.ts";
import { table } from "./table.ts";
import { type PlaceDetail, placeColumns } from "./words.ts";

type TableOptions = {
  readonly headers: boolean;
  readonly where: PlaceDetail;
  readonly style: ChalkInstance;
  /** Adds the hosts of each pull, and the files of failures. */
  readonly wide?: boolean;
};

/** The states of an image in the order of every report, with the colors of the table. */
const states = { fails: "red", unchecked: "yellow", pulls: "green" } as const;
const inOrder = Object.keys(states) as (keyof typeof states)[];

export const stateOf = ({ ok, result }: ImageCheck): keyof typeof states => (!ok ? "fails" : result === "pulls" ? "pulls" : "unchecked");

/** Returns failures first, then images that could not be checked, then images that pull, each in the same order as before. */
export const bySeverity = (items: readonly ImageCheck[]): ImageCheck[] =>
  inOrder.flatMap((state) => items.filter((item) => stateOf(item) === state));

/** Formats a check as a table for people. */
export function verdictTable(items: readonly ImageCheck[], { headers, where, style, wide = false }: TableOptions): string {
  const places = placeColumns(where);
  const hasFiles = items.some(({ file }) => file);
  const wideHeader = wide ? ["HOSTS", ...(hasFiles ? ["FILE"] : [])] : [];
  const header = [...places.header, "IMAGE", "SECRET", "OWNER", "PODS", "VERDICT", ...wideHeader];
  const rows = items.map((item) => {
    const { image, secret, file, owners, pods, verdict } = item;
    const cells = [
      ...places.cells(item),
      image,
      secret,
      ownerCell(owners),
      String(pods.length),
      verdict,
      allowedHosts(item),
      file?.name ?? "",
    ];
    return cells.slice(0, header.length);
  });
  const paint = (cell: string, row: number, column: number) => {
    const item = items[row];
    return item && header[column] === "VERDICT" ? style[states[stateOf(item)]](cell) : cell;
  };
  return table(header, rows, { headers, paint });
}

/** Formats each failure with its cause, its notes and its command, after an empty line. Each command is printed once. */
export function verdictReasons(items: readonly ImageCheck[]): string {
  const unclear = items.filter((item) => stateOf(item) !== "pulls");
  const groups = Map.groupBy(unclear, (item) => nextCommandOf(item) ?? linesOf(item).join("\n"));
  const notesOf = (group: readonly ImageCheck[]) => [...new Set(group.flatMap((item) => item.notes))].map((note) => `note: ${note}`);
  const reasons = [...groups.values()].map((group) => {
    const next = group[0] && nextCommandOf(group[0]);
    return [...group.flatMap(linesOf), ...notesOf(group), ...(next === undefined ? [] : [`  ${next}`])];
  });
  // Images that pull have notes too: a platform without a manifest, or another host that fails
  const noted = items.filter((item) => stateOf(item) === "pulls" && item.notes.length > 0);
  const remarks = [...Map.groupBy(noted, ({ notes }) => JSON.stringify(notes)).values()].map((group) => [
    joinNames(group.map(({ image }) => image)),
    ...notesOf(group),
  ]);
  return [...reasons, ...remarks].map((lines) => `\n${lines.map((line) => `${printable(line)}\n`).join("")}`).join("");
}

/** The hosts as a firewall must allow them: Azure can move a registry to another storage account. */
const allowedHosts = ({ hosts = [] }: ImageCheck): string =>
  [...new Set(hosts.map(({ host }) => host.replace(/^[^.]+(?=\.blob\.core\.)/, "*")))].join(",");

/** Formats like kubectl does for the endpoints of a Service: `deployment/web + 2 more...`. */
const ownerCell = ([first, ...others]: ImageCheck["owners"]): string =>
  first ? nameOf(first) + (others.length > 0 ? ` + ${others.length} more...` : "") : "";

/** Formats the counts: `41 images: 38 pull, 2 fail, 1 not checked`. */
export function verdictSummary(items: readonly ImageCheck[]): string {
  const isCached = ({ ok, cause }: ImageCheck) => ok && cause === "by-node";
  const count = (state: string) => items.filter((item) => stateOf(item) === state && !isCached(item)).length;
  const counts = [
    [count("pulls"), pluralize(count("pulls"), "pulls", "pull")],
    [count("fails"), pluralize(count("fails"), "fails", "fail")],
    [items.filter(isCached).length, "only cached"],
    [count("unchecked"), "not checked"],
  ] as const;
  const parts = counts.flatMap(([number, words]) => (number > 0 ? [`${number} ${words}`] : []));
  return `${counted(items.length, "image")}: ${parts.join(", ")}`;
}

/** Names the file of a Secret, and its entry. */
export const fileLines = (file: ImageCheck["file"]): string[] =>
  file ? [`file: ${file.name}, entry ${file.entry} in namespace ${file.namespace}`] : [];

/** Returns the image with its pods, the registry's messages, the cause and the file, each on its own line. */
function linesOf({ image, pods, owners, verdict, message, registryMessages, file }: ImageCheck): string[] {
  const users = pods.length > 0 ? pods : owners.map(nameOf);
  return [
    `${image}${users.length > 0 ? ` (${joinNames(users)})` : ""}`,
    ...registryMessages.map((text) => `registry: ${text}`),
    `cause: ${message ?? verdict}`,
    ...fileLines(file),
  ];
}

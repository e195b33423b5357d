/** Selects one of these. The same seed always selects the same. */
export type Choose = <T>(...of: readonly T[]) => T;

type Data = string | null | readonly Data[] | { readonly [key: string]: Data };

/**
 * Writes data as YAML in a random style: indentation, dashes, braces, quotation marks, comments, blank lines and blocks are selected for
 * each part.
 */
export function styled(data: { readonly [key: string]: Data }, choose: Choose): string {
  const eol = choose("\n", "\n", "\r\n");
  const lines = [...choose([], ["---"], ["# head", "---"]), ...mapLines(data, "", choose), ...choose([], [], ["..."], ["# end"], ["", ""])];
  return lines.join(eol) + choose(eol, eol, "");
}

function mapLines(map: { readonly [key: string]: Data }, indent: string, choose: Choose): string[] {
  return Object.entries(map).flatMap(([key, value]) => [...above(indent, choose), ...pairLines(key, value, indent, choose)]);
}

/** Returns lines that may be above a key and belong to it. */
const above = (indent: string, choose: Choose): readonly string[] =>
  choose<readonly string[]>(
    [],
    [],
    [],
    [],
    [`${indent}# about the next`],
    ["# imagePullSecrets:"],
    [""],
    [`${indent}    # further in`, "   "],
  );

function pairLines(key: string, value: Data, indent: string, choose: Choose): string[] {
  const named = `${indent}${choose(key, key, key, `"${key}"`, `'${key}'`)}:`;
  const tail = choose("", "", "", " # said", "  ", "\t# tab");
  if (typeof value === "string") return scalarLines(named, value, indent, choose, tail);
  if (value === null) return [named + choose("", " ~", " null") + tail];
  if (choose(false, false, false, true) || isEmpty(value)) return [`${named} ${braced(value, choose)}${tail}`];
  const anchor = choose("", "", "", "", ` &${key}${indent.length}`, Array.isArray(value) ? " !!seq" : " !!map");
  const inner = indent + choose(" ", "  ", "  ", "    ");
  if (!Array.isArray(value)) return [named + anchor + tail, ...mapLines(value as { readonly [key: string]: Data }, inner, choose)];
  const dash = choose(indent, inner);
  return [
    named + anchor + tail,
    ...(value as readonly Data[]).flatMap((item) => [...choose([], [], [`${dash}# item`]), ...itemLines(item, dash, choose)]),
  ];
}

const isEmpty = (value: Data) => value !== null && Object.keys(value).length === 0;

function itemLines(item: Data, dash: string, choose: Choose): string[] {
  if (typeof item === "string" || item === null || isEmpty(item) || choose(false, false, true))
    return [`${dash}- ${braced(item, choose)}${choose("", " # one")}`];
  const gap = choose(" ", " ", "   ");
  const [first = "", ...rest] = Object.entries(item).flatMap(([key, value]) => pairLines(key, value as Data, `${dash} ${gap}`, choose));
  return choose(false, false, false, true) ? [`${dash}-`, first, ...rest] : [`${dash}-${gap}${first.trimStart()}`, ...rest];
}

function scalarLines(named: string, value: string, indent: string, choose: Choose, tail: string): string[] {
  const form = !value.includes(" ") ? "plain" : choose("plain", "literal", "folded", "double");
  if (form === "literal")
    return [
      `${named} ${choose("|", "|-", "|+", "|2")}${tail.trimEnd()}`,
      `${indent}  ${value}`,
      ...choose([], [`${indent}  spec:`], [""], ["", ""]),
    ];
  if (form === "folded")
    return [`${named} ${choose(">", ">-", ">+")}`, ...value.split(" ").map((word) => `${indent}   ${word}`), ...choose([], ["", ""])];
  if (form === "double") return [`${named} "${value.split(" ").join(`\n${indent}    `)}"`].flatMap((text) => text.split("\n"));
  return [`${named} ${choose(value, `"${value}"`, `'${value}'`)}${tail}`];
}

/** Formats data on one line. */
function braced(value: Data, choose: Choose): string {
  if (value === null) return "~";
  if (typeof value === "string") return choose(value, `"${value}"`, `'${value}'`);
  const room = choose("", " ");
  const isList = Array.isArray(value);
  const parts = isList
    ? (value as readonly Data[]).map((item) => braced(item, choose))
    : Object.entries(value).map(([key, of]) => `${choose(key, `"${key}"`)}: ${braced(of, choose)}`);
  const inside = parts.join(choose(", ", ","));
  return isList ? `[${room}${inside}${room}]` : `{${room}${inside}${room}}`;
}

import type { ManifestObject } from "./objects.ts";
import {
  columnOf,
  indentBefore,
  insertLines,
  insertText,
  lineBreak,
  lineStart,
  type ManifestText,
  manifestError,
  nextLine,
  removeText,
  type Splice,
  yamlName,
} from "./text.ts";
import { type Item, type ListTree, lastOf, type MapTree, type Pair, partsOf, resolveAlias, type Span, type Tree } from "./tree.ts";

const unusual = "this is written in a way that is not edited here; write its keys one a line";

/**
 * Adds a list to a pod's spec, on the line after the line that opens the spec, or to a ServiceAccount, after its kind. Therefore all
 * existing text, including comments, stays with the line that it belongs to, and the last line of the text does not change.
 */
export function addList(
  source: ManifestText,
  { map }: ManifestObject,
  holder: MapTree,
  name: string,
  trees: readonly (Tree | undefined)[],
): Splice {
  const { text } = source;
  const [above, next] = holder === map ? behindKind(source, holder) : [holder.opens, holder.pairs[0]];
  const indent = next && indentBefore(text, next.key.from);
  const at = nextLine(text, above);
  if (!next || indent === undefined || lineStart(text, next.key.from) < at) throw manifestError(source, holder.from, unusual);
  const lines = [`${indent}imagePullSecrets:`, `${indent}${listIndent(text, holder, trees)}- name: ${yamlName(name)}`];
  return insertLines(text, at, lines, lineBreak(text, above));
}

/** Returns the end of the line with an object's kind or apiVersion, and the pair after it. */
function behindKind(source: ManifestText, { pairs, from }: MapTree): [number, Pair | undefined] {
  const at = pairs.findLastIndex(({ key }, index) => ["apiVersion", "kind"].includes(key.text) && index < pairs.length - 1);
  const pair = pairs[at];
  if (!pair || lineStart(source.text, lastOf(pair.value)) !== lineStart(source.text, pair.key.from))
    throw manifestError(source, from, unusual);
  return [lastOf(pair.value), pairs[at + 1]];
}

/** Adds the first item to an empty list: `imagePullSecrets:`. */
export function fillEmpty({ text }: ManifestText, holder: MapTree, pair: Pair, name: string, trees: readonly (Tree | undefined)[]): Splice {
  const indent = " ".repeat(columnOf(text, pair.key.from)) + listIndent(text, holder, trees);
  return insertLines(text, nextLine(text, pair.opens - 1), [`${indent}- name: ${yamlName(name)}`], lineBreak(text, pair.opens - 1));
}

/** Adds an item after the last one. */
export function appendItem(source: ManifestText, list: ListTree, name: string): Splice {
  const { text } = source;
  const last = list.items.at(-1);
  const indent = last && indentBefore(text, last.at);
  if (!last || indent === undefined) throw manifestError(source, list.from, unusual);
  const end = lastOf(last.value);
  const item = itemLike(text, list, name, `- name: ${yamlName(name)}`);
  return insertLines(text, nextLine(text, end), [indent + item], lineBreak(text, end));
}

/** Removes the lines of an item. */
export function dropItem(source: ManifestText, { at, value }: Item): Splice {
  if (indentBefore(source.text, at) === undefined) throw manifestError(source, at, unusual);
  return removeText(lineStart(source.text, at), nextLine(source.text, lastOf(value)));
}

/** Removes the line of a key if its value is on the following lines, or the key with its value if the value is in brackets. */
export function dropKey(source: ManifestText, { key, opens, value }: Pair): Splice {
  if (indentBefore(source.text, key.from) === undefined) throw manifestError(source, key.from, unusual);
  const end = value.is === "list" && value.flow ? value.to : opens;
  return removeText(lineStart(source.text, key.from), nextLine(source.text, end - 1));
}

/** Replaces a list that is written as `~` or `null`. */
export const instead = ({ from, to }: Tree, text: string): Splice => ({ ...insertText(from, text), to });

/**
 * Adds a list in braces: before the first key of a pod's spec, or after the first key of a ServiceAccount. The list gets its own lines if
 * the keys have their own lines.
 */
export function addInBraces({ text }: ManifestText, { map }: ManifestObject, holder: MapTree, name: string): Splice {
  const setting = settingOf(text, holder);
  const next = holder.pairs[holder === map && holder.pairs.length > 1 ? 1 : 0];
  const at = next?.key.from ?? holder.from + 1;
  const indent = indentBefore(text, at);
  const key = setting.json ? `"imagePullSecrets":${setting.colon}` : "imagePullSecrets: ";
  if (indent === undefined || lineStart(text, at) <= holder.from)
    return insertText(at, `${key}[${braced(setting, name)}],${setting.comma}`);
  const line = next === holder.pairs[0] ? nextLine(text, holder.from) : lineStart(text, at);
  const eol = lineBreak(text, holder.from);
  return insertText(
    line,
    `${indent}${key}${setting.json ? tall(setting, name, indent, stepOf(text, holder, indent), eol) : `[${braced(setting, name)}]`},${eol}`,
  );
}

/** Returns the indentation of a map's keys relative to the line on which the map opens. */
function stepOf(text: string, { from }: MapTree, indent: string): string {
  const outer = /^[ \t]*/.exec(text.slice(lineStart(text, from), from))?.[0] ?? "";
  return indent.startsWith(outer) && indent.length > outer.length ? indent.slice(outer.length) : "  ";
}

/** Formats a list of one name as indented JSON. */
function tall({ colon }: Setting, name: string, indent: string, step: string, eol: string): string {
  const lines = ["[", `${step}{`, `${step}${step}"name":${colon}${JSON.stringify(name)}`, `${step}}`, "]"];
  return lines.map((line, index) => (index === 0 ? line : indent + line)).join(eol);
}

/** Adds an item in brackets. A comment stays on the line of its item. */
export function appendInBrackets({ text }: ManifestText, holder: MapTree, list: ListTree, name: string): Splice[] {
  const setting = settingOf(text, holder);
  const last = list.items.at(-1);
  if (!last) return [insertText(list.to - 1, braced(setting, name))];
  const item = itemLike(text, list, name, braced(setting, name));
  const [below, indent] = [nextLine(text, last.value.to), indentBefore(text, last.at)];
  const [tail, comma, comment] = /^[ \t]*(,)?[ \t]*(#.*)?\r?\n$/.exec(text.slice(last.value.to, below)) ?? [];
  if (indent === undefined || tail === undefined || (!comma && !comment) || lineStart(text, last.at) <= list.from)
    return [insertText(last.value.to, between(text, list, setting) + item)];
  const line = insertText(below, `${indent}${item}${comma ?? ""}${lineBreak(text, last.value.to)}`);
  return comma ? [line] : [insertText(last.value.to, ","), line];
}

/** Returns the text between two items: as between the last two, or a new line if the only item is on its own line. */
function between(text: string, list: ListTree, { comma }: Setting): string {
  const [before, last] = list.items.slice(-2);
  if (before && last) {
    const gap = text.slice(before.value.to, last.at);
    if (/^\s*,\s*$/.test(gap)) return gap;
  }
  const at = (last ?? before)?.at ?? list.from;
  const indent = indentBefore(text, at);
  return indent !== undefined && lineStart(text, at) > list.from ? `,${lineBreak(text, at)}${indent}` : `,${comma}`;
}

/** Removes a pair in braces, with the comma next to it. */
export function dropPair(source: ManifestText, { pairs }: MapTree, pair: Pair): Splice[] {
  const spans = pairs.map(({ key, value }) => ({ from: key.from, to: Math.max(value.to, key.to) }));
  return dropSpan(source, spans, pairs.indexOf(pair));
}

/** Removes an item in brackets, with its comma. */
export function dropInBrackets(source: ManifestText, list: ListTree, item: Item): Splice[] {
  const spans = list.items.map(({ at, value }) => ({ from: at, to: value.to }));
  return dropSpan(source, spans, list.items.indexOf(item));
}

function dropSpan(source: ManifestText, spans: readonly Span[], at: number): Splice[] {
  const { text } = source;
  const [before, span, next] = [spans[at - 1], spans[at], spans[at + 1]];
  if (!span) return [];
  const line = lineOf(text, span);
  if (line && /^[ \t]*,/.test(text.slice(span.to, line.to))) return [line];
  if (next) return [withoutComment(source, span.from, next.from)];
  if (!before) return [withoutComment(source, span.from, span.to)];
  const comma = before.to + text.slice(before.to).search(/(?<=^[ \t]*),/);
  if (line && comma >= before.to && text.slice(comma, span.from).includes("#")) return [removeText(comma, comma + 1), line];
  return [withoutComment(source, before.to, span.to)];
}

/** Returns the removal of all lines of a span, if these contain nothing else than its comma and a comment. */
function lineOf(text: string, { from, to }: Span): Splice | undefined {
  const below = nextLine(text, to);
  const isAlone = indentBefore(text, from) !== undefined && /^[ \t]*,?[ \t]*(?:#.*)?\r?\n$/.test(text.slice(to, below));
  return isAlone ? removeText(lineStart(text, from), below) : undefined;
}

/** @throws CliError invalid for a comment in between, because it is unknown what the comment describes */
function withoutComment(source: ManifestText, from: number, to: number): Splice {
  if (/(?:^|\s)#/.test(source.text.slice(from, to))) throw manifestError(source, from, "a comment stands in the way");
  return removeText(from, to);
}

/** Writes a name in the same quotation marks as another one. */
function nameLike(neighbor: string, name: string): string {
  if (neighbor.startsWith('"')) return JSON.stringify(name);
  return neighbor.startsWith("'") ? `'${name}'` : yamlName(name);
}

/** Returns a name as an item of a list, written like the last item if that contains only a name. Otherwise returns the default form. */
function itemLike(text: string, list: ListTree, name: string, otherwise: string): string {
  const last = list.items.at(-1);
  const map = last?.value;
  const [pair, ...more] = map?.is === "map" ? map.pairs : [];
  if (!last || !map || pair?.value.is !== "scalar" || pair.value.to === pair.value.from || more.length > 0) return otherwise;
  const [from, to] = [list.flow ? map.from : last.at, list.flow || (map.is === "map" && map.flow) ? map.to : pair.value.to];
  const [before, after] = [text.slice(from, pair.value.from), text.slice(pair.value.to, to)];
  if (!/^(?:- +)?(?:\{\s*)?(?:name|"name"|'name') *: *$/.test(before) || !/^\s*\}?$/.test(after)) return otherwise;
  return before + nameLike(text.slice(pair.value.from, pair.value.to), name) + after;
}

/** Returns how far lists are indented relative to their key, as the nearest list is. */
function listIndent(text: string, holder: MapTree, trees: readonly (Tree | undefined)[]): string {
  for (const { pairs } of mapsFrom(holder, trees)) {
    const indent = pairs.map((pair) => indentOf(text, pair)).find((each) => each !== undefined);
    if (indent !== undefined) return indent;
  }
  return "";
}

/** Yields a map, and then every map of the documents. The trees are searched only as far as they are read. */
function* mapsFrom(holder: MapTree, trees: readonly (Tree | undefined)[]): Generator<MapTree> {
  yield holder;
  for (const tree of trees) {
    for (const part of tree ? partsOf(tree) : []) if (part.is === "map") yield part;
  }
}

function indentOf(text: string, { key, value }: Pair): string | undefined {
  const first = value.is === "list" && !value.flow ? value.items[0] : undefined;
  if (!first || indentBefore(text, first.at) === undefined) return undefined;
  return " ".repeat(Math.max(0, columnOf(text, first.at) - columnOf(text, key.from)));
}

/**
 * The format of the text in braces: whether keys and names are in quotation marks as in JSON, and the text after a colon and after a comma.
 */
export type Setting = { readonly json: boolean; readonly colon: string; readonly comma: string };

export function settingOf(text: string, map: MapTree): Setting {
  const [first, second] = map.pairs;
  const json = first !== undefined && text[first.key.from] === '"';
  const compact = json && first !== undefined && resolveAlias(first.value)?.from === first.opens;
  const tight = compact && (second === undefined || text[second.key.from - 1] === ",");
  return { json, colon: compact ? "" : " ", comma: tight ? "" : " " };
}

/** Returns a name in braces. */
export function braced({ json, colon }: Setting, name: string): string {
  return json ? `{"name":${colon}${JSON.stringify(name)}}` : `{name: ${yamlName(name)}}`;
}

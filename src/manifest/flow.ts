import { indentBefore, lineBreak, lineStart, nextLine } from "./lines.ts";
import type { Listed } from "./objects.ts";
import { refusal, type Source } from "./source.ts";
import { insert, remove, type Splice } from "./splice.ts";
import { braced, itemLike, type Setting, settingOf } from "./style.ts";
import type { Item, ListTree, MapTree, Pair, Span } from "./tree.ts";

/** A new list in braces: before the first key of a pod's spec, behind the first of a ServiceAccount; on lines of its own if those have. */
export function addInBraces({ text }: Source, { map }: Listed, holder: MapTree, name: string): Splice {
  const setting = settingOf(text, holder);
  const next = holder.pairs[holder === map && holder.pairs.length > 1 ? 1 : 0];
  const at = next?.key.from ?? holder.from + 1;
  const indent = indentBefore(text, at);
  const key = setting.json ? `"imagePullSecrets":${setting.colon}` : "imagePullSecrets: ";
  if (indent === undefined || lineStart(text, at) <= holder.from) return insert(at, `${key}[${braced(setting, name)}],${setting.comma}`);
  const line = next === holder.pairs[0] ? nextLine(text, holder.from) : lineStart(text, at);
  const eol = lineBreak(text, holder.from);
  return insert(
    line,
    `${indent}${key}${setting.json ? tall(setting, name, indent, stepOf(text, holder, indent), eol) : `[${braced(setting, name)}]`},${eol}`,
  );
}

/** How much further the keys of a map are indented than the line on which it opens. */
function stepOf(text: string, { from }: MapTree, indent: string): string {
  const outer = /^[ \t]*/.exec(text.slice(lineStart(text, from), from))?.[0] ?? "";
  return indent.startsWith(outer) && indent.length > outer.length ? indent.slice(outer.length) : "  ";
}

/** A list of one name, as JSON is written for people. */
function tall({ colon }: Setting, name: string, indent: string, step: string, eol: string): string {
  const lines = ["[", `${step}{`, `${step}${step}"name":${colon}${JSON.stringify(name)}`, `${step}}`, "]"];
  return lines.map((line, index) => (index === 0 ? line : indent + line)).join(eol);
}

/** One more item in brackets. A comment stays on the line of the item that it stands behind. */
export function appendInBrackets({ text }: Source, holder: MapTree, list: ListTree, name: string): Splice[] {
  const setting = settingOf(text, holder);
  const last = list.items.at(-1);
  if (!last) return [insert(list.to - 1, braced(setting, name))];
  const item = itemLike(text, list, name, braced(setting, name));
  const [below, indent] = [nextLine(text, last.value.to), indentBefore(text, last.at)];
  const [tail, comma, comment] = /^[ \t]*(,)?[ \t]*(#.*)?\r?\n$/.exec(text.slice(last.value.to, below)) ?? [];
  if (indent === undefined || tail === undefined || (!comma && !comment) || lineStart(text, last.at) <= list.from)
    return [insert(last.value.to, between(text, list, setting) + item)];
  const line = insert(below, `${indent}${item}${comma ?? ""}${lineBreak(text, last.value.to)}`);
  return comma ? [line] : [insert(last.value.to, ","), line];
}

/** What stands between two items: as between the last two, or on a new line if the only one is on one. */
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

/** A pair in braces, with the comma that parts it from its neighbor. */
export function dropPair(source: Source, { pairs }: MapTree, pair: Pair): Splice[] {
  const spans = pairs.map(({ key, value }) => ({ from: key.from, to: Math.max(value.to, key.to) }));
  return dropSpan(source, spans, pairs.indexOf(pair));
}

/** An item in brackets, with its comma. */
export function dropInBrackets(source: Source, list: ListTree, item: Item): Splice[] {
  const spans = list.items.map(({ at, value }) => ({ from: at, to: value.to }));
  return dropSpan(source, spans, list.items.indexOf(item));
}

function dropSpan(source: Source, spans: readonly Span[], at: number): Splice[] {
  const { text } = source;
  const [before, span, next] = [spans[at - 1], spans[at], spans[at + 1]];
  if (!span) return [];
  const line = lineOf(text, span);
  if (line && /^[ \t]*,/.test(text.slice(span.to, line.to))) return [line];
  if (next) return [withoutComment(source, span.from, next.from)];
  if (!before) return [withoutComment(source, span.from, span.to)];
  const comma = before.to + text.slice(before.to).search(/(?<=^[ \t]*),/);
  if (line && comma >= before.to && text.slice(comma, span.from).includes("#")) return [remove(comma, comma + 1), line];
  return [withoutComment(source, before.to, span.to)];
}

/** The whole lines of a span that shares them with no more than its comma and a comment. */
function lineOf(text: string, { from, to }: Span): Splice | undefined {
  const below = nextLine(text, to);
  const isAlone = indentBefore(text, from) !== undefined && /^[ \t]*,?[ \t]*(?:#.*)?\r?\n$/.test(text.slice(to, below));
  return isAlone ? remove(lineStart(text, from), below) : undefined;
}

/** @throws CliError invalid for a comment in between, since nobody knows what it is about */
function withoutComment(source: Source, from: number, to: number): Splice {
  if (/(?:^|\s)#/.test(source.text.slice(from, to))) throw refusal(source, from, "a comment stands in the way");
  return remove(from, to);
}

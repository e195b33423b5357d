import type { ManifestObject } from "./objects.ts";
import { childrenOf, type ListNode, type MapNode, type Node, type Nodes, type Pair } from "./read.ts";
import {
  columnOf,
  contentAbove,
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

const unusual = "this is written in a way that is not edited here; write its keys one a line";

type Span = { readonly from: number; readonly to: number };

/** Returns the position after the last character of a value's text. An empty value is on the line of the tokens before it. */
function endOf(nodes: Nodes, node: Node): number {
  const last = node && !("flow" in node && node.flow) ? childrenOf(nodes.yaml, node).at(-1) : undefined;
  return last ? endOf(nodes, last) : (node?.range[1] ?? 0);
}

/** Returns the start of an item: its dash, if it has one. */
function startOf({ items, srcToken }: ListNode, index: number): number {
  const dash = srcToken?.items[index]?.start.find(({ type }) => type === "seq-item-ind");
  return dash?.offset ?? items[index]?.range[0] ?? 0;
}

const itemSpans = (nodes: Nodes, list: ListNode): Span[] =>
  list.items.map((item, index) => ({ from: startOf(list, index), to: endOf(nodes, item) }));

/**
 * Adds a list to a pod's spec, before its first key, or to a ServiceAccount, after its kind. If the keys have their own lines, the list is
 * on the line after the line above the next key that is neither empty nor a comment. Therefore all existing text, including comments, stays
 * with the line that it belongs to, and the last line of the text does not change.
 */
export function addPair(nodes: Nodes, object: ManifestObject, holder: MapNode, name: string): Splice {
  const { text } = nodes.source;
  const next = holder === object.map ? behindKind(holder) : holder.items[0];
  const at = next?.key.range[0] ?? 0;
  const indent = indentBefore(text, at);
  const line = contentAbove(text, at);
  const eol = lineBreak(text, line - 1);
  if (!holder.flow) {
    if (!next || indent === undefined) throw manifestError(nodes.source, holder.range[0], unusual);
    const item = `${listIndent(nodes, holder)}- name: ${yamlName(name)}`;
    return insertLines(text, line, [`${indent}imagePullSecrets:`, indent + item], eol);
  }
  const style = styleOf(text, holder);
  const key = style.json ? `"imagePullSecrets":${style.colon}` : "imagePullSecrets: ";
  if (indent === undefined || line <= holder.range[0]) return insertText(at, `${key}[${braced(style, name)}],${style.comma}`);
  const list = style.json
    ? JSON.stringify([{ name }], null, stepOf(text, holder, indent)).replaceAll("\n", eol + indent)
    : `[${braced(style, name)}]`;
  return insertText(line, `${indent}${key}${list},${eol}`);
}

/** Returns the pair after a ServiceAccount's kind or apiVersion; in braces, its second pair. */
function behindKind({ items, flow }: MapNode): Pair | undefined {
  if (flow) return items[1] ?? items[0];
  return items.findLast((_, index) => ["apiVersion", "kind"].includes(String(items[index - 1]?.key.value)));
}

/** Returns the indentation of a map's keys relative to the line on which the map opens. */
function stepOf(text: string, { range: [from] }: MapNode, indent: string): string {
  const outer = /^[ \t]*/.exec(text.slice(lineStart(text, from), from))?.[0] ?? "";
  return indent.startsWith(outer) && indent.length > outer.length ? indent.slice(outer.length) : "  ";
}

/** Adds the first name to an empty list: `imagePullSecrets:`, `~` or `null`. */
export function fillList(nodes: Nodes, holder: MapNode, { key }: Pair, value: Node, name: string): Splice {
  const { text } = nodes.source;
  const [from, to] = value?.range ?? [key.range[1], key.range[1]];
  const list = `[${braced(styleOf(text, holder), name)}]`;
  if (to > from) return { from, to, text: list };
  if (holder.flow) return insertText(from, ` ${list}`);
  const indent = " ".repeat(columnOf(text, key.range[0])) + listIndent(nodes, holder);
  return insertLines(text, nextLine(text, from - 1), [`${indent}- name: ${yamlName(name)}`], lineBreak(text, from - 1));
}

/** Adds an item after the last one. */
export function addItem(nodes: Nodes, holder: MapNode, list: ListNode, name: string): Splice[] {
  const { text } = nodes.source;
  const [last, before] = itemSpans(nodes, list).toReversed();
  const like = last && itemLike(nodes, list, last, name);
  if (list.flow) {
    const style = styleOf(text, holder);
    const item = like ?? braced(style, name);
    return last ? addInBrackets(text, list, { before, last, item, style }) : [insertText(list.range[1] - 1, item)];
  }
  const indent = last && indentBefore(text, last.from);
  if (!last || indent === undefined) throw manifestError(nodes.source, list.range[0], unusual);
  return [addLine(text, last, indent + (like ?? `- name: ${yamlName(name)}`))];
}

type NewItem = { readonly before: Span | undefined; readonly last: Span; readonly item: string; readonly style: Style };

/** Adds an item in brackets. A comment stays on the line of its item. */
function addInBrackets(text: string, { range: [opens] }: ListNode, { before, last, item, style }: NewItem): Splice[] {
  const indent = lineStart(text, last.from) > opens ? indentBefore(text, last.from) : undefined;
  const [comma, comment] = indent === undefined ? [] : afterItem(text, last);
  if (comma) return [addLine(text, last, `${indent}${item},`)];
  if (comment) return [insertText(last.to, ","), addLine(text, last, indent + item)];
  const gap = text.slice(before?.to ?? last.from, last.from);
  const otherwise = indent === undefined ? `,${style.comma}` : `,${lineBreak(text, last.to)}${indent}`;
  return [insertText(last.to, (/^\s*,\s*$/.test(gap) ? gap : otherwise) + item)];
}

/** Returns the comma and the comment after an item, if the line ends after these. */
const afterItem = (text: string, { to }: Span) => /^[ \t]*(,)?[ \t]*(#.*)?\r?\n$/.exec(text.slice(to, nextLine(text, to)))?.slice(1) ?? [];

/** Adds a line below a span. */
const addLine = (text: string, { to }: Span, line: string) => insertLines(text, nextLine(text, to - 1), [line], lineBreak(text, to - 1));

/** Removes a key with its list. Comments between the key and the items stay. */
export function dropPair(nodes: Nodes, holder: MapNode, pair: Pair): Splice[] {
  const { source } = nodes;
  const spanOf = ({ key, value }: Pair) => ({ from: key.range[0], to: Math.max(endOf(nodes, value), key.range[1]) });
  if (holder.flow) return dropSpan(source, holder.items.map(spanOf), holder.items.indexOf(pair));
  const { from, to } = spanOf(pair);
  const items = isBlockList(nodes, pair.value) ? itemSpans(nodes, pair.value) : [];
  const key = { from, to: items[0] ? contentAbove(source.text, items[0].from) : to };
  return [key, ...items].map((span) => wholeLines(source, span));
}

/** Removes an item of a list, with its comma. */
export function dropItem(nodes: Nodes, list: ListNode, index: number): Splice[] {
  const spans = itemSpans(nodes, list);
  return list.flow ? dropSpan(nodes.source, spans, index) : spans.slice(index, index + 1).map((span) => wholeLines(nodes.source, span));
}

function wholeLines(source: ManifestText, { from, to }: Span): Splice {
  if (indentBefore(source.text, from) === undefined) throw manifestError(source, from, unusual);
  return removeText(lineStart(source.text, from), nextLine(source.text, to - 1));
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

/** Returns a name as an item of a list, written like the last item, with the same quotation marks, if that contains only a name. */
function itemLike(nodes: Nodes, list: ListNode, { from, to }: Span, name: string): string | undefined {
  const map = list.items.at(-1);
  const [start, end] = nodes.yaml.isMap(map) && map.items.length === 1 ? (map.items[0]?.value?.range ?? []) : [];
  if (start === undefined || end === undefined || start === end) return undefined;
  const { text } = nodes.source;
  const [before, value, after] = [text.slice(from, start), text.slice(start, end), text.slice(end, to)];
  if (!/^(?:- +)?(?:\{\s*)?(?:name|"name"|'name') *: *$/.test(before) || !/^\s*\}?$/.test(after)) return undefined;
  return before + (value.startsWith('"') ? JSON.stringify(name) : value.startsWith("'") ? `'${name}'` : yamlName(name)) + after;
}

/** Returns how far lists are indented relative to their key, as the nearest list is. */
function listIndent(nodes: Nodes, holder: MapNode): string {
  for (const map of nodesFrom(nodes, holder)) {
    const pairs = nodes.yaml.isMap(map) ? (map as MapNode).items : [];
    for (const pair of pairs) {
      const indent = indentOf(nodes, pair);
      if (indent !== undefined) return indent;
    }
  }
  return "";
}

/** Yields a map, and then every node. The nodes are searched only as far as they are read. */
function* nodesFrom({ weights }: Nodes, holder: MapNode): Generator<Node> {
  yield holder;
  yield* weights.keys();
}

const isBlockList = ({ yaml }: Nodes, node: Node): node is ListNode => yaml.isSeq(node) && !node.flow;

function indentOf(nodes: Nodes, { key, value }: Pair): string | undefined {
  const { text } = nodes.source;
  if (!isBlockList(nodes, value) || indentBefore(text, startOf(value, 0)) === undefined) return undefined;
  return " ".repeat(Math.max(0, columnOf(text, startOf(value, 0)) - columnOf(text, key.range[0])));
}

/**
 * The format of the text in braces: whether keys and names are in quotation marks as in JSON, and the text after a colon and after a comma.
 */
type Style = { readonly json: boolean; readonly colon: string; readonly comma: string };

function styleOf(text: string, { items: [first, second] }: MapNode): Style {
  const json = first !== undefined && text[first.key.range[0]] === '"';
  const isCompact = json && /^:\S/.test(text.slice(first.key.range[1], first.key.range[1] + 2));
  const isTight = isCompact && (second === undefined || text[second.key.range[0] - 1] === ",");
  return { json, colon: isCompact ? "" : " ", comma: isTight ? "" : " " };
}

/** Returns a name in braces. */
const braced = ({ json, colon }: Style, name: string): string =>
  json ? `{"name":${colon}${JSON.stringify(name)}}` : `{name: ${yamlName(name)}}`;

import { findList, type ManifestObject, valueAt } from "./objects.ts";
import { childrenOf, type ListNode, listOf, type MapNode, type Node, type Nodes, type Pair } from "./read.ts";
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
  type TextEdit,
  yamlName,
} from "./text.ts";

const unsupported = "unsupported YAML style: write each key on its own line";

/** Returns the edit that adds a name to an object's list. @throws CliError invalid if the list can't be edited */
export function attachTo(nodes: Nodes, object: ManifestObject, name: string): TextEdit {
  const { holder, pair, value } = findList(nodes, object);
  if (!pair) return addPair(nodes, object, holder, name);
  const list = listOf(nodes, value);
  if (!list) return fillList(nodes, holder, pair, value, name);
  if (list.items.length > 0) return addItem(nodes, holder, list, name);
  return insertText(list.range[1] - 1, braced(nodes.source.text, holder, name));
}

/**
 * Adds a list to a pod's spec, before its first key, or to a ServiceAccount, after its kind. If the keys have their own lines, the list
 * comes before the comments above the next key. Therefore comments stay with their key, and the last line of the text does not change.
 */
function addPair(nodes: Nodes, object: ManifestObject, holder: MapNode, name: string): TextEdit {
  const { text } = nodes.source;
  const next = holder === object.map ? pairAfterKind(holder) : holder.items[0];
  const at = next?.key.range[0] ?? 0;
  const indent = indentBefore(text, at);
  const line = contentAbove(text, at);
  if (!holder.flow) {
    if (!next || indent === undefined) throw manifestError(nodes.source, holder.range[0], unsupported);
    return insertLines(text, line, `${indent}imagePullSecrets:`, `${indent}${listIndent(nodes, holder)}- name: ${yamlName(name)}`);
  }
  const { isJson, space } = styleOf(text, holder);
  const pair = `${isJson ? `"imagePullSecrets":${space}` : "imagePullSecrets: "}[${braced(text, holder, name)}],`;
  return indent === undefined || line <= holder.range[0] ? insertText(at, pair + space) : insertLines(text, line, indent + pair);
}

/** Returns the pair after a ServiceAccount's kind or apiVersion; in braces, its second pair. */
function pairAfterKind({ items, flow }: MapNode): Pair | undefined {
  if (flow) return items[1] ?? items[0];
  return items.findLast((_, index) => ["apiVersion", "kind"].includes(String(items[index - 1]?.key.value)));
}

/** Adds the first name to an empty value: `imagePullSecrets:`, `~` or `null`. */
function fillList(nodes: Nodes, holder: MapNode, { key }: Pair, value: Node, name: string): TextEdit {
  const { text } = nodes.source;
  const [from, to] = value?.range ?? [key.range[1], key.range[1]];
  const list = `[${braced(text, holder, name)}]`;
  if (to > from) return { from, to, text: list };
  if (holder.flow) return insertText(from, ` ${list}`);
  const indent = " ".repeat(columnOf(text, key.range[0])) + listIndent(nodes, holder);
  return insertLines(text, nextLine(text, from - 1), `${indent}- name: ${yamlName(name)}`);
}

/** Adds an item after the last one. */
function addItem(nodes: Nodes, holder: MapNode, list: ListNode, name: string): TextEdit {
  const { text } = nodes.source;
  const { from, to } = itemSpans(nodes, list).at(-1) ?? { from: 0, to: 0 };
  const like = itemLike(text.slice(from, to), name);
  const indent = indentBefore(text, from);
  if (list.flow) {
    // A comment could belong to the last item or to the list
    rejectComment(nodes.source, to, list.range[1]);
    const isOnLine = indent !== undefined && lineStart(text, from) > list.range[0];
    const gap = isOnLine ? `${lineBreak(text, to)}${indent}` : styleOf(text, holder).space;
    return insertText(to, `,${gap}${like ?? braced(text, holder, name)}`);
  }
  if (indent === undefined) throw manifestError(nodes.source, list.range[0], unsupported);
  return insertLines(text, nextLine(text, to - 1), indent + (like ?? `- name: ${yamlName(name)}`));
}

/** Returns a name as an item, written like the last item, with the same quotation marks, if that contains only a name. */
function itemLike(last: string, name: string): string | undefined {
  const [, before = "", value = "", after = ""] =
    /^((?:- +)?(?:\{\s*)?(?:name|"name"|'name') *: *)("[^"]*"|'[^']*'|[\w.-]+)(\s*\}?)$/.exec(last) ?? [];
  if (value === "") return undefined;
  return before + (value.startsWith('"') ? JSON.stringify(name) : value.startsWith("'") ? `'${name}'` : yamlName(name)) + after;
}

/** Returns how far lists are indented relative to their key, as the nearest list is. */
function listIndent(nodes: Nodes, holder: MapNode): string {
  const { text } = nodes.source;
  for (const { key, value } of [...holder.items, ...nodes.pairs]) {
    if (!isBlockList(nodes, value)) continue;
    const at = startOf(value, 0);
    if (indentBefore(text, at) !== undefined) return " ".repeat(Math.max(0, columnOf(text, at) - columnOf(text, key.range[0])));
  }
  return "";
}

const isBlockList = ({ yaml }: Nodes, node: Node): node is ListNode => yaml.isSeq(node) && !node.flow;

/** Returns whether the text in braces is JSON, and the space after its colons and commas. */
function styleOf(text: string, { items: [first] }: MapNode) {
  const isJson = first !== undefined && text[first.key.range[0]] === '"';
  const isCompact = isJson && /^:\S/.test(text.slice(first.key.range[1], first.key.range[1] + 2));
  return { isJson, space: isCompact ? "" : " " };
}

function braced(text: string, holder: MapNode, name: string): string {
  const { isJson, space } = styleOf(text, holder);
  return isJson ? `{"name":${space}${JSON.stringify(name)}}` : `{name: ${yamlName(name)}}`;
}

/**
 * Returns the edits that remove the last occurrence of a name from a list. Removes the list if it has no other name.
 * @throws CliError invalid
 */
export function detachFrom(nodes: Nodes, object: ManifestObject, name: string): TextEdit[] {
  const { source } = nodes;
  const { holder, pair, value } = findList(nodes, object);
  const list = listOf(nodes, value);
  if (!pair || !list) return [];
  const names = (valueAt(object.data, object.kind.path) as readonly unknown[]).map((entry) => valueAt(entry, ["name"]));
  if (names.every((each) => each === name)) return removePair(nodes, holder, pair);
  const index = names.lastIndexOf(name);
  const spans = itemSpans(nodes, list);
  return list.flow ? removeInFlow(source, spans, index) : spans.slice(index, index + 1).map((span) => wholeLines(source, span));
}

/** Removes a key with its list. Comments between the key and the items stay. */
function removePair(nodes: Nodes, holder: MapNode, pair: Pair): TextEdit[] {
  const { source } = nodes;
  const spanOf = ({ key, value }: Pair) => ({ from: key.range[0], to: Math.max(endOf(nodes, value), key.range[1]) });
  if (holder.flow) return removeInFlow(source, holder.items.map(spanOf), holder.items.indexOf(pair));
  const { from, to } = spanOf(pair);
  const items = isBlockList(nodes, pair.value) ? itemSpans(nodes, pair.value) : [];
  const key = { from, to: items[0] ? contentAbove(source.text, items[0].from) : to };
  return [key, ...items].map((span) => wholeLines(source, span));
}

function wholeLines(source: ManifestText, { from, to }: Span): TextEdit {
  if (indentBefore(source.text, from) === undefined) throw manifestError(source, from, unsupported);
  return removeText(lineStart(source.text, from), nextLine(source.text, to - 1));
}

/** Removes a pair or an item in braces or brackets, with its comma. */
function removeInFlow(source: ManifestText, spans: readonly Span[], index: number): TextEdit[] {
  const { text } = source;
  const [before, span, next] = [spans[index - 1], spans[index], spans[index + 1]];
  if (!span) return [];
  const below = nextLine(text, span.to);
  const isOnLine = indentBefore(text, span.from) !== undefined;
  if (isOnLine && /^[ \t]*,[ \t]*(?:#.*)?\r?\n$/.test(text.slice(span.to, below))) return [removeText(lineStart(text, span.from), below)];
  const [from, to] = next ? [span.from, next.from] : [before?.to ?? span.from, span.to];
  rejectComment(source, from, isOnLine ? below : to);
  return [removeText(from, to)];
}

/** @throws CliError invalid for a comment in a part of a text, because it is unknown what the comment describes */
function rejectComment(source: ManifestText, from: number, to: number): void {
  if (/(?:^|\s)#/.test(source.text.slice(from, to))) throw manifestError(source, from, "this comment prevents the edit: move it");
}

type Span = { readonly from: number; readonly to: number };

const itemSpans = (nodes: Nodes, list: ListNode): Span[] =>
  list.items.map((item, index) => ({ from: startOf(list, index), to: endOf(nodes, item) }));

/** Returns the start of an item: its dash, if it has one. */
function startOf({ items, srcToken }: ListNode, index: number): number {
  const dash = srcToken?.items[index]?.start.find(({ type }) => type === "seq-item-ind");
  return dash?.offset ?? items[index]?.range[0] ?? 0;
}

/** Returns the position after the last character of a value's text. An empty value is on the line of the tokens before it. */
function endOf(nodes: Nodes, node: Node): number {
  const last = node && !("flow" in node && node.flow) ? childrenOf(nodes.yaml, node).at(-1) : undefined;
  return last ? endOf(nodes, last) : (node?.range[1] ?? 0);
}

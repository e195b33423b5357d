import { columnOf, indentBefore, lineBreak, lineStart, nextLine } from "./lines.ts";
import { yamlName } from "./name.ts";
import type { Listed } from "./objects.ts";
import { refusal, type Source } from "./source.ts";
import { insert, insertLines, remove, type Splice } from "./splice.ts";
import { itemLike, listIndent } from "./style.ts";
import { type Item, type ListTree, lastOf, type MapTree, type Pair, type Tree } from "./tree.ts";

const unusual = "this is written in a way that is not edited here; write its keys one a line";

/**
 * A new list in a pod's spec, right below the line that opens the spec; in a ServiceAccount right below its kind. So whatever stands
 * there, comments too, stays with the line that it stands above, and no text's last line is touched.
 */
export function addList(source: Source, { map }: Listed, holder: MapTree, name: string, trees: readonly (Tree | undefined)[]): Splice {
  const { text } = source;
  const [above, next] = holder === map ? behindKind(source, holder) : [holder.opens, holder.pairs[0]];
  const indent = next && indentBefore(text, next.key.from);
  const at = nextLine(text, above);
  if (!next || indent === undefined || lineStart(text, next.key.from) < at) throw refusal(source, holder.from, unusual);
  const lines = [`${indent}imagePullSecrets:`, `${indent}${listIndent(text, holder, trees)}- name: ${yamlName(name)}`];
  return insertLines(text, at, lines, lineBreak(text, above));
}

/** The end of the line that says what an object is, and the pair below it. */
function behindKind(source: Source, { pairs, from }: MapTree): [number, Pair | undefined] {
  const at = pairs.findLastIndex(({ key }, index) => ["apiVersion", "kind"].includes(key.text) && index < pairs.length - 1);
  const pair = pairs[at];
  if (!pair || lineStart(source.text, lastOf(pair.value)) !== lineStart(source.text, pair.key.from)) throw refusal(source, from, unusual);
  return [lastOf(pair.value), pairs[at + 1]];
}

/** The first item of a list that stands empty: `imagePullSecrets:`. */
export function fillEmpty({ text }: Source, holder: MapTree, pair: Pair, name: string, trees: readonly (Tree | undefined)[]): Splice {
  const indent = " ".repeat(columnOf(text, pair.key.from)) + listIndent(text, holder, trees);
  return insertLines(text, nextLine(text, pair.opens - 1), [`${indent}- name: ${yamlName(name)}`], lineBreak(text, pair.opens - 1));
}

/** One more item below the last. */
export function appendItem(source: Source, list: ListTree, name: string): Splice {
  const { text } = source;
  const last = list.items.at(-1);
  const indent = last && indentBefore(text, last.at);
  if (!last || indent === undefined) throw refusal(source, list.from, unusual);
  const end = lastOf(last.value);
  const item = itemLike(text, list, name, `- name: ${yamlName(name)}`);
  return insertLines(text, nextLine(text, end), [indent + item], lineBreak(text, end));
}

/** An item's lines. */
export function dropItem(source: Source, { at, value }: Item): Splice {
  if (indentBefore(source.text, at) === undefined) throw refusal(source, at, unusual);
  return remove(lineStart(source.text, at), nextLine(source.text, lastOf(value)));
}

/** A key's line, where its value stands below it; with its value where that is in brackets. */
export function dropKey(source: Source, { key, opens, value }: Pair): Splice {
  if (indentBefore(source.text, key.from) === undefined) throw refusal(source, key.from, unusual);
  const end = value.is === "list" && value.flow ? value.to : opens;
  return remove(lineStart(source.text, key.from), nextLine(source.text, end - 1));
}

/** Text for a list that says that it is none, `~` or `null`. */
export const instead = ({ from, to }: Tree, text: string): Splice => ({ ...insert(from, text), to });

import { columnOf, indentBefore } from "./lines.ts";
import { yamlName } from "./name.ts";
import { type ListTree, type MapTree, meant, type Pair, type Tree, within } from "./tree.ts";

/** A name that is written as another one is: in the same quotation marks. */
function nameLike(neighbor: string, name: string): string {
  if (neighbor.startsWith('"')) return JSON.stringify(name);
  return neighbor.startsWith("'") ? `'${name}'` : yamlName(name);
}

/** One name as an item of a list, written as its last item is where that says nothing else; else as most are written. */
export function itemLike(text: string, list: ListTree, name: string, otherwise: string): string {
  const last = list.items.at(-1);
  const map = last?.value;
  const [pair, ...more] = map?.is === "map" ? map.pairs : [];
  if (!last || !map || pair?.value.is !== "scalar" || pair.value.to === pair.value.from || more.length > 0) return otherwise;
  const [from, to] = [list.flow ? map.from : last.at, list.flow || (map.is === "map" && map.flow) ? map.to : pair.value.to];
  const [before, after] = [text.slice(from, pair.value.from), text.slice(pair.value.to, to)];
  if (!/^(?:- +)?(?:\{\s*)?(?:name|"name"|'name') *: *$/.test(before) || !/^\s*\}?$/.test(after)) return otherwise;
  return before + nameLike(text.slice(pair.value.from, pair.value.to), name) + after;
}

/** How far lists are indented below their key: as the nearest one is. */
export function listIndent(text: string, holder: MapTree, trees: readonly (Tree | undefined)[]): string {
  for (const { pairs } of mapsFrom(holder, trees)) {
    const indent = pairs.map((pair) => indentOf(text, pair)).find((each) => each !== undefined);
    if (indent !== undefined) return indent;
  }
  return "";
}

/** A map, and then every map; what is not asked for is not looked for. */
function* mapsFrom(holder: MapTree, trees: readonly (Tree | undefined)[]): Generator<MapTree> {
  yield holder;
  for (const tree of trees) {
    for (const part of tree ? within(tree) : []) if (part.is === "map") yield part;
  }
}

function indentOf(text: string, { key, value }: Pair): string | undefined {
  const first = value.is === "list" && !value.flow ? value.items[0] : undefined;
  if (!first || indentBefore(text, first.at) === undefined) return undefined;
  return " ".repeat(Math.max(0, columnOf(text, first.at) - columnOf(text, key.from)));
}

/** How the text of braces is set: its keys and names in quotation marks as in JSON, and what stands behind a colon and a comma. */
export type Setting = { readonly json: boolean; readonly colon: string; readonly comma: string };

export function settingOf(text: string, map: MapTree): Setting {
  const [first, second] = map.pairs;
  const json = first !== undefined && text[first.key.from] === '"';
  const compact = json && first !== undefined && meant(first.value)?.from === first.opens;
  const tight = compact && (second === undefined || text[second.key.from - 1] === ",");
  return { json, colon: compact ? "" : " ", comma: tight ? "" : " " };
}

/** A name in braces. */
export function braced({ json, colon }: Setting, name: string): string {
  return json ? `{"name":${colon}${JSON.stringify(name)}}` : `{name: ${yamlName(name)}}`;
}

/** A part of a manifest's text, by its first character and the one behind its last. */
export type Span = { readonly from: number; readonly to: number };

export type Pair = {
  readonly key: Span & { readonly text: string };
  /** It takes other maps in: `<<: *base`. */
  readonly merges: boolean;
  /** Behind the last of what stands before the value: the colon, an anchor, a tag. */
  readonly opens: number;
  readonly value: Tree;
};

export type MapTree = Span & {
  readonly is: "map";
  /** In braces. */
  readonly flow: boolean;
  readonly pairs: readonly Pair[];
  /** Behind the last of what stands before it: a key's colon, a dash, an anchor, a tag. */
  readonly opens: number;
};

export type Item = {
  /** Where its dash stands; in brackets, where it begins. */
  readonly at: number;
  readonly opens: number;
  readonly value: Tree;
};

export type ListTree = Span & {
  readonly is: "list";
  /** In brackets. */
  readonly flow: boolean;
  readonly items: readonly Item[];
  readonly opens: number;
};

export type ScalarTree = Span & { readonly is: "scalar"; readonly value: unknown; readonly opens: number };

/** `*name`, with what it stands for. */
export type AliasTree = Span & { readonly is: "alias"; readonly of: Tree; readonly opens: number };

/** A document's contents: what a text says, and where it says so. */
export type Tree = MapTree | ListTree | ScalarTree | AliasTree;

/** What a part of a document is, also where an alias stands for it. */
export const resolveAlias = (tree: Tree | undefined): Exclude<Tree, AliasTree> | undefined =>
  tree?.is === "alias" ? resolveAlias(tree.of) : tree;

/** A pair of a map, and the map that has it in the text: the map itself, or one that it takes in by a merge key. */
export function memberOf(map: MapTree, key: string): { readonly pair: Pair; readonly holder: MapTree } | undefined {
  const own = map.pairs.find((pair) => pair.key.text === key && !pair.merges);
  if (own) return { pair: own, holder: map };
  return mergedInto(map).flatMap((other) => memberOf(other, key) ?? [])[0];
}

/** The maps that a map takes in (yaml.org/type/merge), those first that win. */
function mergedInto(map: MapTree): MapTree[] {
  const merges = map.pairs.filter((pair) => pair.merges).map(({ value }) => resolveAlias(value));
  const maps = merges.flatMap((value) => (value?.is === "list" ? value.items.map((item) => resolveAlias(item.value)) : [value]));
  return maps.filter((value) => value?.is === "map");
}

/** What a tree says, as plain data in which nothing is shared. */
export function toData(tree: Tree | undefined): unknown {
  const value = resolveAlias(tree);
  if (value?.is === "list") return value.items.map((item) => toData(item.value));
  if (value?.is !== "map") return value?.value ?? null;
  const merged = mergedInto(value)
    .toReversed()
    .flatMap((other) => Object.entries(toData(other) as object));
  const own = value.pairs.filter(({ merges }) => !merges).map(({ key, value: of }) => [key.text, toData(of)]);
  return Object.fromEntries([...merged, ...own]);
}

/** The last character of a value's text, or of what stands before an empty one: where its last line is. */
export function lastOf(tree: Tree): number {
  const { from, to, opens } = tree;
  const last =
    tree.is === "map" && !tree.flow ? tree.pairs.at(-1)?.value : tree.is === "list" && !tree.flow ? tree.items.at(-1)?.value : undefined;
  if (last) return lastOf(last);
  return (to > from ? to : opens) - 1;
}

/** Every part of a tree, aliases as they stand. */
export function* partsOf(tree: Tree): Generator<Tree> {
  yield tree;
  const values = tree.is === "map" ? tree.pairs : tree.is === "list" ? tree.items : [];
  for (const { value } of values) yield* partsOf(value);
}

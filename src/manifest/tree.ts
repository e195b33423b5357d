/** A part of a manifest's text: the position of its first character, and the position after its last one. */
export type Span = { readonly from: number; readonly to: number };

export type Pair = {
  readonly key: Span & { readonly text: string };
  /** A merge key, which includes other maps: `<<: *base`. */
  readonly merges: boolean;
  /** The position after the last token before the value: the colon, an anchor, a tag. */
  readonly opens: number;
  readonly value: Tree;
};

export type MapTree = Span & {
  readonly is: "map";
  /** Written in braces. */
  readonly flow: boolean;
  readonly pairs: readonly Pair[];
  /** The position after the last token before it: a key's colon, a dash, an anchor, a tag. */
  readonly opens: number;
};

export type Item = {
  /** The position of its dash; in brackets, its start. */
  readonly at: number;
  readonly opens: number;
  readonly value: Tree;
};

export type ListTree = Span & {
  readonly is: "list";
  /** Written in brackets. */
  readonly flow: boolean;
  readonly items: readonly Item[];
  readonly opens: number;
};

export type ScalarTree = Span & { readonly is: "scalar"; readonly value: unknown; readonly opens: number };

/** An alias, `*name`, and the part that it refers to. */
export type AliasTree = Span & { readonly is: "alias"; readonly of: Tree; readonly opens: number };

/** The content of a document, with the position of each part in the text. */
export type Tree = MapTree | ListTree | ScalarTree | AliasTree;

/** Returns a part of a document, or the part that an alias refers to. */
export const resolveAlias = (tree: Tree | undefined): Exclude<Tree, AliasTree> | undefined =>
  tree?.is === "alias" ? resolveAlias(tree.of) : tree;

/** Returns a pair of a map, and the map whose text contains it: the map itself, or a map that it includes with a merge key. */
export function memberOf(map: MapTree, key: string): { readonly pair: Pair; readonly holder: MapTree } | undefined {
  const own = map.pairs.find((pair) => pair.key.text === key && !pair.merges);
  if (own) return { pair: own, holder: map };
  return mergedInto(map).flatMap((other) => memberOf(other, key) ?? [])[0];
}

/** Returns the maps that a map includes (yaml.org/type/merge), in the order of precedence. */
function mergedInto(map: MapTree): MapTree[] {
  const merges = map.pairs.filter((pair) => pair.merges).map(({ value }) => resolveAlias(value));
  const maps = merges.flatMap((value) => (value?.is === "list" ? value.items.map((item) => resolveAlias(item.value)) : [value]));
  return maps.filter((value) => value?.is === "map");
}

/** Returns the content of a tree as plain data without shared parts. */
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

/** Returns the last character of a value's text, or of the tokens before an empty value: it is on the value's last line. */
export function lastOf(tree: Tree): number {
  const { from, to, opens } = tree;
  const last =
    tree.is === "map" && !tree.flow ? tree.pairs.at(-1)?.value : tree.is === "list" && !tree.flow ? tree.items.at(-1)?.value : undefined;
  if (last) return lastOf(last);
  return (to > from ? to : opens) - 1;
}

/** Yields every part of a tree, without resolving aliases. */
export function* partsOf(tree: Tree): Generator<Tree> {
  yield tree;
  const values = tree.is === "map" ? tree.pairs : tree.is === "list" ? tree.items : [];
  for (const { value } of values) yield* partsOf(value);
}

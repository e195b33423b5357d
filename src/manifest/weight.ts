import type { Tree } from "./tree.ts";

/** More parts than any manifest has: a few aliases of aliases would make more of a short text than there is room for. */
const most = 1_000_000;

/** Whether a document says more than could be written out, with each alias replaced by what it stands for. */
export const isTooMuch = (tree: Tree): boolean => weigh(tree, new Map()) > most;

function weigh(tree: Tree, known: Map<Tree, number>): number {
  if (tree.is === "scalar") return 1;
  if (tree.is === "alias") return weigh(tree.of, known);
  const before = known.get(tree);
  if (before !== undefined) return before;
  const values = tree.is === "map" ? tree.pairs : tree.items;
  const weight = values.reduce((sum, { value }) => sum + weigh(value, known), 1);
  known.set(tree, weight);
  return weight;
}

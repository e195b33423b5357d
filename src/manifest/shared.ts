import type { Listed } from "./objects.ts";
import { type Tree, within } from "./tree.ts";

/** Every part of these documents that stands for another one too, by an alias. */
export const aliasedIn = (documents: readonly (Tree | undefined)[]): ReadonlySet<Tree> =>
  new Set(documents.flatMap((tree) => (tree ? [...within(tree)] : [])).flatMap((part) => (part.is === "alias" ? part.of : [])));

/** Whether everything from an object down to its list is its own: then an edit of it is one of nothing else. */
export function standsAlone({ kind, map }: Listed, aliased: ReadonlySet<Tree>): boolean {
  let at: Tree | undefined = map;
  for (const step of kind.path) {
    if (at?.is !== "map" || aliased.has(at) || at.pairs.some(({ merges }) => merges)) return false;
    at = at.pairs.find(({ key }) => key.text === step)?.value;
  }
  return at === undefined || (at.is !== "alias" && !aliased.has(at));
}

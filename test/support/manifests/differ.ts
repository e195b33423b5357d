import { diffArrays } from "diff";

/** Returns the lines that only one of two texts contains: the removed and the added ones. */
export function differ(before: string, after: string): { readonly gone: string[]; readonly come: string[] } {
  const parts = diffArrays(before.split("\n"), after.split("\n"));
  return {
    gone: parts.flatMap(({ removed, value }) => (removed ? value : [])),
    come: parts.flatMap(({ added, value }) => (added ? value : [])),
  };
}

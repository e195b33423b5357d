import { distance } from "../check/distance.ts";
import { isRepository } from "../registry/image-reference.ts";

/** Returns the names most similar to a repository that doesn't exist, with at most two edits: at most three, the nearest first. */
export function similarTo(missing: string, names: readonly string[]): string[] {
  const near = names.filter((name) => isRepository(name) && Math.abs(name.length - missing.length) <= 2);
  return bySimilarity(missing, near)
    .filter((name) => name !== missing && distance(name, missing) <= 2)
    .slice(0, 3);
}

/** Sorts names, the one with the fewest edits first. Equally similar names keep their order. */
export const bySimilarity = (missing: string, names: readonly string[]): string[] =>
  names
    .map((name) => ({ name, away: distance(name, missing) }))
    .sort((a, b) => a.away - b.away)
    .map(({ name }) => name);

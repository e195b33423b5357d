/** A step through two sequences side by side: over so many of the one, and so many of the other. */
export type Move = { readonly old: number; readonly fresh: number; readonly score: number };

/**
 * The way through two sequences to the end of both whose moves have the highest score in sum.
 *
 * @param lengths of both
 * @param moves what is possible at a place of both, without leaving them; of equals the first is taken
 */
export function align<M extends Move>(
  [olds, freshs]: readonly [number, number],
  moves: (old: number, fresh: number) => readonly M[],
): readonly M[] {
  const width = freshs + 1;
  const sums = new Float64Array((olds + 1) * width);
  const taken: (M | undefined)[] = [];
  for (let place = sums.length - 2; place >= 0; place--) {
    let best = Number.NEGATIVE_INFINITY;
    for (const move of moves(Math.floor(place / width), place % width)) {
      const sum = move.score + (sums[place + move.old * width + move.fresh] ?? 0);
      if (sum <= best) continue;
      best = sum;
      taken[place] = move;
    }
    sums[place] = best;
  }
  return wayThrough(taken, width);
}

function wayThrough<M extends Move>(taken: readonly (M | undefined)[], width: number): M[] {
  const way: M[] = [];
  for (let place = 0, move = taken[0]; move; move = taken[place]) {
    way.push(move);
    place += move.old * width + move.fresh;
  }
  return way;
}

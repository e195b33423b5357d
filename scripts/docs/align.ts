/** A step through two sequences: `old` items of the one and `fresh` items of the other. */
export type Move = { readonly old: number; readonly fresh: number; readonly score: number };

/**
 * Returns the path to the end of two sequences with the highest total score.
 *
 * @param lengths of both
 * @param moves returns the possible moves at a position in both sequences. If scores are equal, the first move wins.
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

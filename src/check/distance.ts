/** Returns the number of typing errors between two words: Levenshtein's distance, in letters. */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/**
 * Returns the most similar word, with at most two edits, or one edit for a short word. If several are equally similar, prefers
 * one that starts with the word.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const startsWithWord = (name: string) => Number(name.startsWith(word));
  const ranked = known
    .map((name) => ({ name, away: distance(word, name) }))
    .sort((a, b) => a.away - b.away || startsWithWord(b.name) - startsWithWord(a.name));
  const [best] = ranked;
  return best && best.away <= (word.length < 5 ? 1 : 2) ? best.name : undefined;
}

/** Returns at most three known words that differ from a word by at most two edits, or one if it is short. The most similar is first. */
export function similarTo(word: string, known: readonly string[]): string[] {
  const most = word.length < 5 ? 1 : 2;
  const near = known.filter((name) => Math.abs(name.length - word.length) <= most && distance(word, name) <= most);
  return bySimilarity(word, near).slice(0, 3);
}

export const nearest = (word: string, known: readonly string[]): string | undefined => similarTo(word, known)[0];

/** Sorts words, the most similar first. Of equally similar ones, those that start with the word are first; others keep their order. */
export function bySimilarity(word: string, known: readonly string[]): string[] {
  const startsWithWord = (name: string) => Number(name.startsWith(word));
  return known
    .map((name) => ({ name, away: distance(word, name) }))
    .sort((a, b) => a.away - b.away || startsWithWord(b.name) - startsWithWord(a.name))
    .map(({ name }) => name);
}

/** Returns the number of edits between two words: Levenshtein's distance, in letters. */
function distance(a: string, b: string): number {
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

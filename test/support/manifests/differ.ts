/** Returns the lines that only one of two texts contains, as `diff` finds them: the removed and the added ones. */
export function differ(before: string, after: string): { readonly gone: string[]; readonly come: string[] } {
  const [a, b] = [before.split("\n"), after.split("\n")];
  const common = commonLengths(a, b);
  const longer = (of: number, and: number) => common[of]?.[and] ?? 0;
  const [gone, come]: [string[], string[]] = [[], []];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) [i, j] = [i + 1, j + 1];
    else if (longer(i, j + 1) >= longer(i + 1, j)) come.push(b[j++] ?? "");
    else gone.push(a[i++] ?? "");
  }
  return { gone: [...gone, ...a.slice(i)], come: [...come, ...b.slice(j)] };
}

/** Returns the number of common lines of two texts from each pair of line numbers on. */
function commonLengths(a: readonly string[], b: readonly string[]): Uint32Array[] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    const [row = new Uint32Array(), below = new Uint32Array()] = [lengths[i], lengths[i + 1]];
    for (let j = b.length - 1; j >= 0; j--) row[j] = a[i] === b[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
  }
  return lengths;
}

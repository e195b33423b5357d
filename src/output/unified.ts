/** Lines that stay around those which differ, as `diff -u` has them. */
const around = 3;

type Edit = { readonly sign: " " | "-" | "+"; readonly text: string };

/**
 * What makes of some lines others, in the hunks of `diff -u`: `@@ -1,2 +1,3 @@`, and below it the lines that go (`-`), come (`+`) and
 * stay (` `).
 * @returns the lines; none where nothing differs
 */
export function unified(before: readonly string[], after: readonly string[]): string[] {
  const edits = editsOf(before, after);
  return rangesOf(edits).flatMap(([from, to]) => {
    const inside = edits.slice(from, to);
    const outside = edits.slice(0, from);
    const place = (sign: Edit["sign"]) => placeOf(count(outside, sign), count(inside, sign));
    return [`@@ -${place("-")} +${place("+")} @@`, ...inside.map(({ sign, text }) => `${sign}${text}`)];
  });
}

/** How many lines the one side has: those that stay are on both. */
const count = (edits: readonly Edit[], side: Edit["sign"]) => edits.filter(({ sign }) => sign === " " || sign === side).length;

/** `3,2`: two lines from the third on. One line is not counted, and none stand behind the line before them (GNU diff). */
function placeOf(passed: number, lines: number): string {
  if (lines === 1) return String(passed + 1);
  return `${lines === 0 ? passed : passed + 1},${lines}`;
}

/** Where hunks begin and end; two that would touch are one. */
function rangesOf(edits: readonly Edit[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const [at, { sign }] of edits.entries()) {
    if (sign === " ") continue;
    const from = Math.max(0, at - around);
    const to = Math.min(edits.length, at + 1 + around);
    const last = ranges.at(-1);
    if (last && from <= last[1]) last[1] = to;
    else ranges.push([from, to]);
  }
  return ranges;
}

/** The fewest lines that go and come; of those in one place, what goes is first. */
function editsOf(before: readonly string[], after: readonly string[]): Edit[] {
  const shared = sharedBehind(before, after);
  const edits: Edit[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [old, fresh] = [before[i], after[j]];
    if (old !== undefined && old === fresh) {
      edits.push({ sign: " ", text: old });
      i++;
      j++;
    } else if (old !== undefined && shared(i + 1, j) >= shared(i, j + 1)) {
      edits.push({ sign: "-", text: old });
      i++;
    } else {
      edits.push({ sign: "+", text: fresh ?? "" });
      j++;
    }
  }
  return edits;
}

/** How many lines both can have in common from one place of each on (longest common subsequence); none behind an end. */
function sharedBehind(before: readonly string[], after: readonly string[]): (i: number, j: number) => number {
  const width = after.length + 1;
  const counts = new Uint32Array((before.length + 1) * width);
  const at = (i: number, j: number) => counts[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      counts[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  return at;
}

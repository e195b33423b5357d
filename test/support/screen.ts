/** What a terminal shows after a print, as far as it takes what we print to it: lines, the cursor's moves, and what rubs out. */
export function shownBy(print: string): string[] {
  const lines: string[] = [""];
  let [row, column] = [0, 0];
  const put = (character: string) => {
    lines[row] = (lines[row] ?? "").padEnd(column).slice(0, column) + character + (lines[row] ?? "").slice(column + 1);
    column++;
  };
  const acts: Readonly<Record<string, (count: number) => void>> = {
    "[A": (count) => {
      row = Math.max(0, row - count);
    },
    "[G": (count) => {
      column = count - 1;
    },
    "[J": () => {
      lines[row] = (lines[row] ?? "").slice(0, column);
      lines.length = row + 1;
    },
    "[K": () => {
      lines[row] = (lines[row] ?? "").slice(0, column);
    },
    "[m": () => {},
    "[h": () => {},
    "[l": () => {},
    "\r": () => {
      column = 0;
    },
    "\n": () => {
      row++;
      lines[row] ??= "";
    },
  };
  for (const [piece, count = "1", act] of print.matchAll(/\u001b\[\??(\d*)([A-Za-z])|./gsu)) {
    const does = acts[act === undefined ? piece : `[${act}`];
    if (does) does(Number(count || 1));
    else put(piece);
  }
  while (lines.at(-1) === "") lines.pop();
  return lines;
}

import type { Row } from "../../sandbox/screen.ts";

/** Words that the terminal's edge cuts, although a row has room for them, below two columns for its beginning and as many to stand in. */
export function brokenWords(rows: readonly Row[], columns: number): string[] {
  return linesOf(rows).flatMap((line) =>
    [...line.text.matchAll(/\S+/g)].flatMap(({ 0: word, index }) => {
      const isCut = line.edges.some((edge) => edge > index && edge < index + word.length);
      const isQuoted = (line.text.slice(0, index).split("'").length - 1) % 2 === 1;
      return isCut && !isQuoted && word.length <= columns - 4 ? [word] : [];
    }),
  );
}

/** Rows put together to lines, and where in a line each of its rows ends. */
function linesOf(rows: readonly Row[]): { text: string; edges: number[] }[] {
  const lines: { text: string; edges: number[] }[] = [];
  for (const { pieces, goesOn } of rows) {
    const text = pieces.map((piece) => piece.text).join("");
    const above = lines.at(-1);
    if (!goesOn || !above) lines.push({ text, edges: [] });
    else {
      above.edges.push(above.text.length);
      above.text += text;
    }
  }
  return lines;
}

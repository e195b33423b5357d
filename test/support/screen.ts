import xterm, { type IBufferCell, type IBufferLine } from "@xterm/headless";

/** A part of a row that is shown in one way: `red`, `bold yellow`, `` for plain text. */
export type Piece = { readonly text: string; readonly look: string };

/** A row of a terminal, without the blanks at its end. One that is not the first of its line goes on with the row above. */
export type Row = { readonly text: string; readonly pieces: readonly Piece[]; readonly goesOn: boolean };

const colors = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

/** What a terminal (xterm.js) shows after a print: its rows, up to the last that is not empty. */
export async function screenOf(print: string, columns: number): Promise<Row[]> {
  const terminal = new xterm.Terminal({ cols: columns, rows: 1000, allowProposedApi: true, convertEol: true });
  try {
    await new Promise<void>((resolve) => terminal.write(print, resolve));
    const { active } = terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, at) => active.getLine(at)).filter((line) => line !== undefined);
    const rows = lines.map((line) => ({ text: line.translateToString(true).trimEnd(), pieces: piecesOf(line), goesOn: line.isWrapped }));
    return rows.slice(0, rows.findLastIndex(({ text }) => text !== "") + 1);
  } finally {
    terminal.dispose();
  }
}

/** The rows of a terminal that is wide enough for every line. */
export const shownBy = async (print: string): Promise<string[]> => (await screenOf(print, 400)).map(({ text }) => text);

function piecesOf(line: IBufferLine): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < line.translateToString(true).length; at++) {
    const cell = line.getCell(at);
    if (!cell || cell.getWidth() === 0) continue;
    const [last, look, text] = [pieces.at(-1), lookOf(cell), cell.getChars() || " "];
    if (last?.look === look) pieces[pieces.length - 1] = { look, text: last.text + text };
    else pieces.push({ look, text });
  }
  return pieces;
}

const lookOf = (cell: IBufferCell) =>
  [
    cell.isBold() ? "bold" : "",
    cell.isDim() ? "dim" : "",
    cell.isInverse() ? "inverse" : "",
    cell.isFgPalette() ? (colors[cell.getFgColor()] ?? `color ${cell.getFgColor()}`) : "",
  ]
    .filter(Boolean)
    .join(" ");

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

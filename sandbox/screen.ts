import type { IBufferCell, IBufferLine } from "@xterm/headless";

/** A part of a row with one style: `red`, `bold yellow`, or an empty string for plain text. */
export type Piece = { readonly text: string; readonly look: string };

/** A row of a terminal, without trailing spaces. `goesOn`: the row continues the line of the row above. */
export type Row = { readonly text: string; readonly pieces: readonly Piece[]; readonly goesOn: boolean };

const colors = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

/** Returns the screen of a terminal (xterm.js) after it printed a text: its rows, up to the last nonempty one. */
export async function screenOf(print: string, columns: number): Promise<Row[]> {
  const { default: xterm } = await import("@xterm/headless");
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

import { type Piece, type Row, screenOf } from "../../sandbox/screen.ts";
import type { Terminal } from "../../sandbox/terminal.ts";
import { readTranscript, type Step } from "../../sandbox/transcript.ts";

/** The page with a picture of its session, and the picture. */
export const pictured = { page: "README.md", image: "docs/images/session.svg" };

/** The commands in the picture. */
const shown = /^kubectl acr-secret (create|check|list)/;

const screen = { columns: 100, rows: 40 };
const size = { letter: 8.4, line: 19, margin: 20, bar: 34 };

/** The terminal's colors on a dark background. */
const colors: Readonly<Record<string, string>> = { red: "#ff7b72", green: "#7ee787", yellow: "#d29922", cyan: "#79c0ff" };
const plain = { fill: "#b7bfc9", dim: "#8b949e", bold: "#f0f6fc" };

/** Returns the steps of a page (its text) in the picture: each command once, up to the run that has nothing to change. */
export const stepsShown = (page: string): Step[] =>
  readTranscript(page)
    .filter(({ quiet, command }) => !quiet && shown.test(command))
    .slice(0, 4);

/**
 * Types a page into a terminal. The commands in the picture run in a pseudo-terminal (util-linux script), so that their output has colors.
 *
 * @returns an SVG of the terminal (xterm.js) after the last command
 * @throws Error if a preparing command fails
 */
export async function takePicture(page: string, terminal: Terminal): Promise<string> {
  const wanted = new Set(stepsShown(page).map(({ line }) => line));
  const prints: string[] = [];
  for (const { line, quiet, command } of readTranscript(page)) {
    if (prints.length === wanted.size) break;
    const { printed, code } = await terminal.type(wanted.has(line) ? onPty(command) : command);
    if (quiet && code !== 0) throw new Error(`line ${line}: \`${command}\` failed:\n${printed.trimEnd()}`);
    if (wanted.has(line)) prints.push(`\u001b[32m$\u001b[39m \u001b[1m${command}\u001b[22m\r\n${printed}`);
  }
  return draw(await screenOf(prints.join("\r\n"), screen.columns));
}

/** Returns a command line that runs a command on a pseudo-terminal of the picture's size. */
const onPty = (command: string) =>
  `TERM=xterm-256color script --quiet --return --echo never --command ${quoted(`stty cols ${screen.columns} rows ${screen.rows}; ${command}`)} /dev/null`;

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

/** Returns an SVG of the rows of a terminal. */
export function draw(rows: readonly Row[]): string {
  const widest = Math.max(...rows.map(({ text }) => text.length));
  const width = Math.ceil(widest * size.letter + 2 * size.margin);
  const height = size.bar + rows.length * size.line + size.margin;
  const dots = ["#ff5f57", "#febc2e", "#28c840"].map(
    (fill, at) => `  <circle cx="${size.margin + 4 + at * 20}" cy="17" r="6" fill="${fill}"/>\n`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">\n`,
    "  <title>From an image that cannot be pulled to one that can</title>\n",
    `  <rect width="${width}" height="${height}" rx="10" fill="#0d1117"/>\n`,
    ...dots,
    '  <g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14">\n',
    ...rows.map((row, at) => textOf(row, size.bar + (at + 0.8) * size.line)),
    "  </g>\n</svg>\n",
  ].join("");
}

/** Each piece has its own x coordinate, because SVG viewers treat leading and trailing spaces differently. */
function textOf({ pieces }: Row, y: number): string {
  let column = 0;
  const texts = pieces.map((piece) => {
    const text = piece.text.trim();
    const x = size.margin + (column + piece.text.length - piece.text.trimStart().length) * size.letter;
    column += piece.text.length;
    // With textLength a piece has the same width in every font.
    const place = `x="${x.toFixed(1)}" y="${y.toFixed(1)}" textLength="${(text.length * size.letter).toFixed(1)}"`;
    return text === "" ? "" : `    <text ${place} fill="${fillOf(piece)}">${xml(text)}</text>\n`;
  });
  return texts.join("");
}

function fillOf({ look }: Piece): string {
  const words = look.split(" ");
  const color = words.map((word) => colors[word]).find((fill) => fill !== undefined);
  return color ?? (words.includes("bold") ? plain.bold : words.includes("dim") ? plain.dim : plain.fill);
}

/** Replaces spaces with no-break spaces, which every SVG viewer keeps. */
const xml = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(" ", "\u00a0");

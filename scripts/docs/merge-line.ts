import { align, type Move } from "./align.ts";

/** A line that replaces another one: its text, and the similarity of both (0 to 1, without the text that `...` covers). */
export type MergedLine = { readonly text: string; readonly alike: number };

type Piece = Move & { readonly text: string; readonly same: number; readonly covered: number };

/**
 * Dots score higher than a few letters that match by chance, and even higher if the text around them is unchanged (up to `around` letters
 * on each side). Dots cover as little text as possible.
 */
const weights = { dots: 2, around: 0.1, covered: -0.001, inserted: -0.0001 };
const around = 8;

/** Marks both ends of a line, so that dots can be next to them. */
const end = "\n";

/** Inserts the dots of the old line into the new line, wherever the letters directly before and after the dots still exist. */
export function mergeLine(old: string, fresh: string): MergedLine {
  const from = [end, ...(old.match(/(\.\.\.)+|\s+|./gu) ?? []), end];
  const to = [end, ...(fresh.match(/\s+|./gu) ?? []), end];
  const pieces = align([from.length, to.length], (i, j) => piecesAt(from, i, to, j));
  const sum = (what: "same" | "covered") => pieces.reduce((all, piece) => all + piece[what], 0);
  const letters = from.filter((letter) => !isDots(letter)).length + to.length - sum("covered") - 4;
  return {
    text: pieces
      .map(({ text }) => text)
      .join("")
      .slice(1, -1),
    alike: (2 * (sum("same") - 2)) / Math.max(letters, 1),
  };
}

const isDots = (letter: string | undefined) => letter?.startsWith("...") === true;

/** Whether two letters are equal. All spaces are equal, so that the columns of a table may move. */
const isSame = (a: string | undefined, b: string | undefined) => a !== undefined && (a === b || (isSpace(a) && isSpace(b)));

const isSpace = (text: string | undefined) => text !== undefined && text !== end && text.trim() === "";

function piecesAt(from: readonly string[], i: number, to: readonly string[], j: number): Piece[] {
  const old = from[i];
  const letter = to[j];
  const pieces: Piece[] = [];
  if (letter !== undefined && isSame(old, letter)) {
    if (isDots(from[i + 1])) pieces.push(...dotsBehind(from, i, to, j));
    pieces.push({ old: 1, fresh: 1, score: 1, text: letter, same: 1, covered: 0 });
  }
  if (old !== undefined) pieces.push({ old: 1, fresh: 0, score: 0, text: "", same: 0, covered: 0 });
  if (letter !== undefined) pieces.push({ old: 0, fresh: 1, score: weights.inserted, text: letter, same: 0, covered: 0 });
  return pieces;
}

/** Returns the ways to keep a letter and the dots after it. The dots may reach to any occurrence of the letter after them. */
function dotsBehind(from: readonly string[], i: number, to: readonly string[], j: number): Piece[] {
  const before = stayed(from, i, to, j, -1);
  return to.slice(j + 1).flatMap((candidate, covered) => {
    if (!isSame(candidate, from[i + 2])) return [];
    const stays = before + stayed(from, i + 2, to, j + 1 + covered, 1);
    const score = 1 + weights.dots + weights.around * stays + weights.covered * covered;
    return [{ old: 2, fresh: 1 + covered, score, text: `${to[j]}...`, same: 1, covered }];
  });
}

/** Returns how many letters are equal in both lines from a position. */
function stayed(from: readonly string[], i: number, to: readonly string[], j: number, step: 1 | -1): number {
  let count = 0;
  while (count < around && isSame(from[i + count * step], to[j + count * step])) count++;
  return count;
}

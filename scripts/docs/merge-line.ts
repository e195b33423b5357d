import { align, type Move } from "./align.ts";

/** A line in the place of another: its text, and how much of both is the same (0 to 1, what `...` stands for left out). */
export type MergedLine = { readonly text: string; readonly alike: number };

type Piece = Move & { readonly text: string; readonly same: number; readonly covered: number };

/**
 * Dots are worth more than some letters that happen to be the same, and more so the more of what is around them stayed (so many
 * letters on each side are looked at). They stand for as little as they can.
 */
const weights = { dots: 2, around: 0.1, covered: -0.001, inserted: -0.0001 };
const around = 8;

/** Both ends of a line are something that dots may stand beside. */
const end = "\n";

/** Gives a new line the dots of the old one, each of them where the letters right before and right behind it are still there. */
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

/** Whether letters are the same; any space is as good as any other, so that the columns of a table may move. */
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

/** A letter with dots behind it, which may reach up to wherever the letter behind them stands. */
function dotsBehind(from: readonly string[], i: number, to: readonly string[], j: number): Piece[] {
  const before = stayed(from, i, to, j, -1);
  return to.slice(j + 1).flatMap((candidate, covered) => {
    if (!isSame(candidate, from[i + 2])) return [];
    const stays = before + stayed(from, i + 2, to, j + 1 + covered, 1);
    const score = 1 + weights.dots + weights.around * stays + weights.covered * covered;
    return [{ old: 2, fresh: 1 + covered, score, text: `${to[j]}...`, same: 1, covered }];
  });
}

/** How many letters are the same in both, from a place on. */
function stayed(from: readonly string[], i: number, to: readonly string[], j: number, step: 1 | -1): number {
  let count = 0;
  while (count < around && isSame(from[i + count * step], to[j + count * step])) count++;
  return count;
}

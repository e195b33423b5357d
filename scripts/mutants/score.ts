/** The fields of a mutant (mutation-testing-report-schema). `fileName` is relative to the checkout. Lines and columns count from 1. */
export type Mutant = {
  readonly fileName: string;
  readonly status: string;
  readonly location: { readonly start: Place; readonly end: Place };
  /** the code that replaces the original */
  readonly replacement?: string | undefined;
};

type Place = { readonly line: number; readonly column: number };

/** The number of a folder's mutants that a test noticed. */
export type Score = { readonly folder: string; readonly noticed: number; readonly all: number };

const noticed = ["Killed", "Timeout"];
const unnoticed = ["Survived", "NoCoverage"];

/**
 * Returns the score of each folder (`src/plan`, with its subfolders), in order. Mutants that could not run, or are excused in the source,
 * do not count.
 */
export function scores(mutants: readonly Mutant[]): Score[] {
  const counted = mutants.filter(({ status }) => noticed.includes(status) || unnoticed.includes(status));
  const byFolder = Map.groupBy(counted, ({ fileName }) => fileName.split("/").slice(0, -1).slice(0, 2).join("/"));
  return [...byFolder]
    .map(([folder, its]) => ({ folder, noticed: its.filter(({ status }) => noticed.includes(status)).length, all: its.length }))
    .sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

/** `src/plan 80.4 % (330 of 410)`. The percentage is never rounded up. */
export function inWords({ folder, noticed, all }: Score): string {
  return `${folder} ${(Math.floor((1000 * noticed) / all) / 10).toFixed(1)} % (${noticed} of ${all})`;
}

/**
 * Returns the mutants that no test noticed, one line each: `src/plan/store.ts:42: a < b → a <= b`.
 *
 * @param textOf returns the text of a file
 */
export function survivors(mutants: readonly Mutant[], textOf: (fileName: string) => string): string[] {
  return mutants
    .filter(({ status }) => unnoticed.includes(status))
    .map((mutant) => ({ ...mutant, key: `${mutant.fileName}:${String(mutant.location.start.line).padStart(6, "0")}` }))
    .sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)))
    .map(({ fileName, location, replacement = "", status }) => {
      const change = `${short(between(textOf(fileName), location))} → ${short(replacement)}`;
      return `${fileName}:${location.start.line}: ${change}${status === "NoCoverage" ? " (no test comes here)" : ""}`;
    });
}

function between(text: string, { start, end }: Mutant["location"]): string {
  const lines = text.split("\n").slice(start.line - 1, end.line);
  const last = lines.length - 1;
  return lines.map((line, at) => line.slice(at === 0 ? start.column - 1 : 0, at === last ? end.column - 1 : line.length)).join("\n");
}

function short(code: string): string {
  const line = code.replace(/\s+/g, " ").trim();
  return line.length <= 60 ? line || "nothing" : `${line.slice(0, 59)}…`;
}

import { expect, test } from "vitest";
import { inWords, type Mutant, scores, survivors } from "../../../scripts/mutants/score.ts";

const mutant = (fileName: string, status: string, line = 1, replacement?: string): Mutant => ({
  fileName,
  status,
  location: { start: { line, column: 3 }, end: { line, column: 8 } },
  replacement,
});

test("counts everything below a folder, and what could be detected", () => {
  const mutants = [
    mutant("src/plan/a.ts", "Killed"),
    mutant("src/plan/deep/b.ts", "Timeout"),
    mutant("src/plan/deep/b.ts", "Survived"),
    mutant("src/plan/a.ts", "NoCoverage"),
    mutant("src/plan/a.ts", "Ignored"),
    mutant("src/plan/a.ts", "RuntimeError"),
    mutant("src/actions/c.ts", "Killed"),
    mutant("src/errors.ts", "Survived"),
    mutant("src/kubelet/d.ts", "Ignored"),
  ];

  expect(scores(mutants)).toEqual([
    { folder: "src", noticed: 0, all: 1 },
    { folder: "src/actions", noticed: 1, all: 1 },
    { folder: "src/plan", noticed: 2, all: 4 },
  ]);
});

test.for([
  { noticed: 1, all: 1, words: "src/plan 100.0 % (1 of 1)" },
  { noticed: 0, all: 3, words: "src/plan 0.0 % (0 of 3)" },
  { noticed: 8999, all: 10000, words: "src/plan 89.9 % (8999 of 10000)" },
])("prints $words when $noticed of $all were detected", ({ words, ...score }) => {
  expect(inWords({ folder: "src/plan", ...score })).toBe(words);
});

test("lists survivors in the order of their places, with the undetected change", () => {
  const mutants = [
    mutant("src/b.ts", "Survived", 10, "a <= b"),
    mutant("src/b.ts", "Survived", 9, ""),
    mutant("src/b.ts", "Killed", 8, "no"),
    { ...mutant("src/a.ts", "NoCoverage", 1, "{}"), location: { start: { line: 1, column: 3 }, end: { line: 3, column: 2 } } },
  ];
  const text = (name: string) => (name === "src/a.ts" ? `if {\n  ${"x".repeat(80)}\n}` : `${"\n".repeat(8)}  blank\n  a < b;`);

  expect(survivors(mutants, text)).toEqual([
    `src/a.ts:1: { ${"x".repeat(57)}… → {} (no test comes here)`,
    "src/b.ts:9: blank → nothing",
    "src/b.ts:10: a < b → a <= b",
  ]);
});

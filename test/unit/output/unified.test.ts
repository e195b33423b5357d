import fc from "fast-check";
import { expect, test } from "vitest";
import { unified } from "../../../src/output/unified.ts";

/** Returns a text with a line for each word. */
const lines = (words: string) => words.replace(/\S+ ?/g, (word) => `${word.trim()}\n`);

test.for<{ why: string; before: string; after: string; shows: string[] }>([
  { why: "equal texts", before: "a b", after: "a b", shows: [] },
  { why: "empty texts", before: "", after: "", shows: [] },
  { why: "a changed line", before: "a", after: "b", shows: ["@@ -1 +1 @@", "-a", "+b"] },
  { why: "only added lines", before: "", after: "a b", shows: ["@@ -0,0 +1,2 @@", "+a", "+b"] },
  { why: "only removed lines", before: "a b", after: "", shows: ["@@ -1,2 +0,0 @@", "-a", "-b"] },
  { why: "a line added at the end", before: "a b", after: "a b c", shows: ["@@ -1,2 +1,3 @@", " a", " b", "+c"] },
  {
    why: "three lines of context",
    before: "1 2 3 4 x 5 6 7 8",
    after: "1 2 3 4 5 6 7 8",
    shows: ["@@ -2,7 +2,6 @@", " 2", " 3", " 4", "-x", " 5", " 6", " 7"],
  },
  {
    why: "one hunk for changes six lines apart",
    before: "x 1 2 3 4 5 6 y",
    after: "1 2 3 4 5 6",
    shows: ["@@ -1,8 +1,6 @@", "-x", " 1", " 2", " 3", " 4", " 5", " 6", "-y"],
  },
  {
    why: "two hunks for changes seven lines apart",
    before: "x 1 2 3 4 5 6 7 y",
    after: "1 2 3 4 5 6 7 z",
    shows: ["@@ -1,4 +1,3 @@", "-x", " 1", " 2", " 3", "@@ -6,4 +5,4 @@", " 5", " 6", " 7", "-y", "+z"],
  },
  { why: "removed lines before added lines", before: "a x y b", after: "a z b", shows: ["@@ -1,4 +1,3 @@", " a", "-x", "-y", "+z", " b"] },
])("formats $why", ({ before, after, shows }) => {
  expect(unified(lines(before), lines(after))).toEqual(shows);
});

test("contains the old text without added lines and the new text without removed lines", () => {
  const some = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 7 });
  fc.assert(
    fc.property(some, some, (before, after) => {
      // With three lines of context, such short texts are shown completely.
      const text = (words: string[], last: string) => lines([...words, last].join(" "));
      const shown = unified(text(before, "x"), text(after, "y")).filter((line) => !line.startsWith("@@"));
      const side = (sign: string) => shown.filter((line) => line[0] === sign || line[0] === " ").map((line) => line.slice(1));
      expect([...before, "x"].join(" ").endsWith(side("-").join(" "))).toBe(true);
      expect([...after, "y"].join(" ").endsWith(side("+").join(" "))).toBe(true);
    }),
  );
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import labels from "./security-tests.json" with { type: "json" };

const root = join(import.meta.dirname, "..", "..", "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** Returns the rows below "They cannot", each with its labels. */
const rowsOf = (page: string) =>
  [...page.matchAll(/^\| They cannot.*\n\| --- \| --- \|\n((?:\|.*\n)+)/gm)].flatMap(([, rows = ""]) =>
    rows
      .trimEnd()
      .split("\n")
      .map((row) => {
        const [text = "", tests = ""] = row.slice("| ".length, -" |".length).split(" | ");
        return { text, tests: tests.split(", ").filter((label) => label !== "") };
      }),
  );

/** Returns every quoted text in a source: the names of its tests, and of the rows of its tables. */
const namesIn = (source: string): string[] =>
  [...source.matchAll(/"((?:[^"\\\n]|\\.)*)"|`([^`]*)`/g)].map(([, double, tick = ""]) => double?.replace(/\\(.)/g, "$1") ?? tick);

test.for(Object.entries(labels))("finds the test %s", ([, { file, test: name }]) => {
  expect(file).toMatch(/^test\/.*\.test\.ts$/);
  expect(namesIn(read(file))).toContain(name);
});

test("names a test for each threat of docs/security.md, and uses every label", () => {
  const rows = rowsOf(read("docs/security.md"));

  expect(rows.length).toBeGreaterThan(30);
  expect(rows.filter(({ tests }) => tests.length === 0)).toEqual([]);
  expect(new Set(rows.flatMap(({ tests }) => tests))).toEqual(new Set(Object.keys(labels)));
});

test("finds a row without a label and a test that does not exist", () => {
  const page = "| They cannot | tests |\n| --- | --- |\n| do a | a, b c |\n| do b |  |\n\n| Other | tests |\n| --- | --- |\n| no | c |\n";

  expect(rowsOf(page)).toEqual([
    { text: "do a", tests: ["a", "b c"] },
    { text: "do b", tests: [] },
  ]);
  expect(namesIn('test("a \\"b\\"", () => {});\n{ why: `c`, what: "d" }')).toEqual(['a "b"', "c", "d"]);
});

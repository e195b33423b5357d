import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import labels from "./security-tests.json" with { type: "json" };

const root = join(import.meta.dirname, "..", "..", "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** Returns the items of the lists below "They cannot", each with the labels in its comment. */
const itemsOf = (page: string) =>
  [...page.matchAll(/^They cannot.*:\n\n((?:(?:- | {2}).*\n)+)/gm)].flatMap(([, list = ""]) =>
    list
      .split(/^- /m)
      .slice(1)
      .map((item) => {
        const [, text = "", tests = ""] = /^([\s\S]*?)(?:\n? *<!-- (.*) -->)?\n*$/.exec(item) ?? [];
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
  const items = itemsOf(read("docs/security.md"));

  expect(items.length).toBeGreaterThan(30);
  expect(items.filter(({ tests }) => tests.length === 0)).toEqual([]);
  expect(new Set(items.flatMap(({ tests }) => tests))).toEqual(new Set(Object.keys(labels)));
});

test("finds an item without a label and a test that does not exist", () => {
  const page = "They cannot make it:\n\n- do a\n  twice\n  <!-- a, b c -->\n- do b\n\nThey can:\n\n- do c\n  <!-- c -->\n";

  expect(itemsOf(page)).toEqual([
    { text: "do a\n  twice", tests: ["a", "b c"] },
    { text: "do b", tests: [] },
  ]);
  expect(namesIn('test("a \\"b\\"", () => {});\n{ why: `c`, what: "d" }')).toEqual(['a "b"', "c", "d"]);
});

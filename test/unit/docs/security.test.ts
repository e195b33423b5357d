import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { namesIn, sentencesOf, testsOf } from "../../support/claims.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const page = readFileSync(join(root, "docs/security.md"), "utf8");

describe("docs/security.md", () => {
  test.for(testsOf(page))("finds the test $label: $name", ({ path, name }) => {
    expect(path).toMatch(/^test\/.*\.test\.ts$/);
    expect(namesIn(readFileSync(join(root, path), "utf8"))).toContain(name);
  });

  test("names a test in every guarantee, and uses every test", () => {
    const sentences = sentencesOf(page);

    expect(sentences.length).toBeGreaterThan(30);
    expect(sentences.filter(({ tests }) => tests.length === 0).map(({ text }) => text)).toEqual([]);
    expect(new Set(sentences.flatMap(({ tests }) => tests))).toEqual(new Set(testsOf(page).map(({ label }) => label)));
  });
});

test("finds a sentence without a test and a test that does not exist", () => {
  const text = '## Guarantees\n\n- **A.** It is so ([a]). It is not. Nor\n  this ([b], [c d]).\n\n## Else\n\nNo.\n\n[a]: ../x.ts "y"\n';

  expect(sentencesOf(text)).toEqual([
    { text: "It is so", tests: ["a"] },
    { text: "It is not", tests: [] },
    { text: "Nor this", tests: ["b", "c d"] },
  ]);
  expect(testsOf(text)).toEqual([{ label: "a", path: "x.ts", name: "y" }]);
  expect(namesIn('test("a \\"b\\"", () => {});\n{ why: `c`, what: "d" }')).toEqual(['a "b"', "c", "d"]);
});

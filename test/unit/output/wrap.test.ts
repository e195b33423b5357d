import { expect, test } from "vitest";
import { screenOf } from "../../../sandbox/screen.ts";
import { lastLines, shortened, wrapped } from "../../../src/output/printable.ts";
import { progressOn } from "../../../src/output/progress.ts";

test.for([
  { what: "the words that a width has space for", text: "no such place", width: 8, lines: ["no such", "place"] },
  { what: "a word that is wider on a line of its own", text: "a 0123456789abc d", width: 10, lines: ["a", "0123456789abc", "d"] },
  {
    what: "a command in quotes on one line",
    text: 'Use "kubectl acr-secret options" for a list.',
    width: 20,
    lines: ["Use", '"kubectl acr-secret options"', "for a list."],
  },
])("wraps prose: $what", ({ text, width, lines }) => {
  expect(wrapped(text, width)).toEqual(lines);
});

test.for([
  { width: 20, shows: "Asking for manifests" },
  { width: 19, shows: "Asking for…" },
  { width: 8, shows: "Asking…" },
  { width: 4, shows: "Ask…" },
  { width: 0, shows: "" },
  { width: -2, shows: "" },
])("shortens progress to whole words in $width columns: $shows", ({ width, shows }) => {
  expect(shortened("Asking for manifests", width)).toBe(shows);
});

test.for([
  { columns: 40, shows: "412 of 1000 namespaces, 206/s, 3s left" },
  { columns: 30, shows: "412 of 1000 namespaces,…" },
  { columns: 12, shows: "412 of…" },
])("shows the progress over namespaces in $columns columns: $shows", async ({ columns, shows }) => {
  let at = 0;
  const printed: string[] = [];
  const stderr = { write: (text: string) => printed.push(text), isTTY: true, columns };
  const seen = async () => (await screenOf(printed.join(""), columns)).map((row) => row.text);
  const count = progressOn(stderr, {}, 0, () => new Date(at)).count(1000);
  at = 2000;
  count.show(412);
  expect(await seen()).toEqual([shows]);
  count.clear();
  expect(await seen()).toEqual([]);
});

test("keeps the start of the last lines, in 4096 bytes", () => {
  const lines = Array.from(
    { length: 200 },
    (_, at) => `Warning: namespace "${"n".repeat(60)}-${at}" is blocked: ${"ä ".repeat(100_000 * (at % 2))}`,
  );

  const kept = lastLines([...lines, "200 namespaces blocked"].join("\n"));

  const [first = "", ...others] = kept.split("\n");
  expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(4096);
  expect(first).toMatch(/^Warning: namespace "n+-1\d\d" is blocked: /);
  expect(others.length).toBeGreaterThan(10);
  expect(others.at(-1)).toBe("200 namespaces blocked");
  expect(lastLines(kept)).toBe(kept);
});

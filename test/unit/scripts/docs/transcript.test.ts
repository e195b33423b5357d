import { expect, test } from "vitest";
import { readTranscript, withPrints } from "../../../../sandbox/transcript.ts";

const page = [
  "# A page",
  "<!-- before",
  "ready",
  "-->",
  "```console",
  "$ one",
  "> more",
  "old",
  "",
  "$ two",
  "```",
  "text",
  "```sh",
  "$ no",
  "```",
];
const now = page.join("\n");

test("reads the command and the lines of a step", () => {
  expect(readTranscript(now).map(({ line, end, command, prints }) => ({ line, end, command, prints }))).toEqual([
    { line: 3, end: 4, command: "ready", prints: "" },
    { line: 6, end: 10, command: "one\nmore", prints: "old" },
    { line: 10, end: 11, command: "two", prints: "" },
  ]);
});

test.for([
  { name: "the same", prints: ["", "old", ""], wanted: page },
  { name: "the same but for space around it", prints: ["", "  old\n", ""], wanted: page },
  { name: "more and less", prints: ["", "", "a\n\nb"], wanted: [...page.slice(0, 7), "", "$ two", "a", "", "b", ...page.slice(10)] },
  { name: "with the first line's indentation", prints: ["", "  new", ""], wanted: page.with(7, "  new") },
])("writes output into a page: $name", ({ prints, wanted }) => {
  expect(withPrints(now, prints)).toBe(wanted.join("\n"));
});

test.for(["$ three", "a\n$ three", "> three", "```", "a\n```\nb"])("refuses to write %j into a page", (printed) => {
  expect(() => withPrints(now, ["", printed, ""])).toThrow(/^line (6|10): /);
});

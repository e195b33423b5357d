import { expect, test } from "vitest";
import { screenOf } from "../../../sandbox/screen.ts";
import { confirmed } from "../../../src/output/confirm.ts";
import { fitted, shortened } from "../../../src/output/fitted.ts";
import { progressOn } from "../../../src/output/progress.ts";
import { fakeTerminal } from "../../support/fakes/terminal.ts";

const shownOn = async (columns: number, text: string) => (await screenOf(fitted(text, columns), columns)).map((row) => row.text);

test.for<{ what: string; text: string; on: number; shows: string[] }>([
  { what: "what fits is as it was", text: "ten in all", on: 10, shows: ["ten in all"] },
  { what: "a word that would be cut goes on below", text: "error: no such place", on: 12, shows: ["error: no", "  such place"] },
  { what: "a row may be full", text: "0123456789 ab", on: 10, shows: ["0123456789", "  ab"] },
  { what: "what stands in stands in more", text: "  kubectl get pods", on: 12, shows: ["  kubectl", "    get pods"] },
  { what: "a word that no row has room for is cut", text: "a 0123456789abc d", on: 10, shows: ["a 01234567", "89abc d"] },
  { what: "the gap between columns goes with the word", text: "NAME     AGE", on: 10, shows: ["NAME", "  AGE"] },
  { what: "a quoted argument keeps its spaces", text: "get -p '{ \"a\": 1 }'", on: 14, shows: ["get -p", "  '{ \"a\": 1 }'"] },
  { what: "an apostrophe is no quote", text: "the pod's node's own", on: 12, shows: ["the pod's", "  node's own"] },
  { what: "every line for itself", text: "one two three\nfour\n", on: 8, shows: ["one two", "  three", "four"] },
  { what: "colors take no room", text: "\u001b[31merror:\u001b[39m no such", on: 14, shows: ["error: no such"] },
  { what: "a line with a tab stays as it is", text: "one\tword two", on: 10, shows: ["one     wo", "rd two"] },
])("$what", async ({ text, on, shows }) => {
  expect(await shownOn(on, text)).toEqual(shows);
});

test("what was laid out is one line still, which a shell takes as it was meant", async () => {
  const line = "kubectl acr-secret create --registry myregistry --serviceaccount default --acr-token 'a b'";
  const print = fitted(line, 20);
  const rows = await screenOf(print, 20);

  expect(rows.map(({ goesOn }) => goesOn)).toEqual([false, true, true, true, true, true]);
  expect(print).not.toContain("\n");
  expect(print.replace(/ +/g, " ")).toBe(line);
  // Where somebody's terminal drops the blanks at a row's end, words are apart all the same
  expect(
    rows
      .map(({ text }) => text)
      .join("")
      .replace(/ +/g, " "),
  ).toBe(line);
});

test("a terminal that does not tell its width gets the text as it is", () => {
  expect(fitted("one two three", 0)).toBe("one two three");
});

test.for([
  { width: 20, shows: "Asking for manifests" },
  { width: 19, shows: "Asking for…" },
  { width: 8, shows: "Asking…" },
  { width: 4, shows: "Ask…" },
  { width: 0, shows: "" },
  { width: -2, shows: "" },
])("in $width columns of progress whole words: $shows", ({ width, shows }) => {
  expect(shortened("Asking for manifests", width)).toBe(shows);
});

test.for([
  { columns: 40, shows: "412 of 1000 namespaces, 206/s, 3s left" },
  { columns: 30, shows: "412 of 1000 namespaces,…" },
  { columns: 12, shows: "412 of…" },
])("what is done of many places, on $columns columns: $shows", async ({ columns, shows }) => {
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

test("a question that is too wide is asked over rows, and its answer stands behind it", async () => {
  const printed: string[] = [];
  const stderr = { write: (text: string) => printed.push(text), isTTY: true, columns: 20 };
  await confirmed("Remove 12 from registry myregistry?", { terminal: fakeTerminal(["n"], () => {}), stderr });

  expect((await screenOf(printed.join(""), 20)).map((row) => row.text)).toEqual([
    "Remove 12 from",
    "  registry",
    "  myregistry? [y/N]",
    "n",
  ]);
});

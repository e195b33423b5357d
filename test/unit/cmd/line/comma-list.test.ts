import fc from "fast-check";
import { expect, test } from "vitest";
import { listWord, splitList } from "../../../../cmd/line/parse.ts";

test.for([
  { text: "a", elements: ["a"] },
  { text: "a,b", elements: ["a", "b"] },
  { text: "a,,b,", elements: ["a", "", "b", ""] },
  { text: "", elements: [""] },
  { text: '"a,b",c', elements: ["a,b", "c"] },
  { text: 'a"b,c', elements: ['a"b', "c"] },
  { text: '"a', elements: ['"a'] },
])("splits $text into $elements", ({ text, elements }) => {
  expect(splitList(text)).toEqual(elements);
});

test("returns every element of a list that listWord wrote", () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (elements) => {
      expect(splitList(elements.map(listWord).join(","))).toEqual(elements);
    }),
  );
});

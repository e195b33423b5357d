import { expect, test } from "vitest";
import { splitList } from "../../../../cmd/line/parse.ts";

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

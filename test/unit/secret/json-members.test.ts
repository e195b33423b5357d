import { expect, test } from "vitest";
import { membersAt } from "../../../src/secret/docker-config.ts";

test.for<{ what: string; text: string; members: [string, string][] }>([
  { what: "none", text: "{}", members: [] },
  { what: "none, and space", text: " { \n\t\r } ", members: [] },
  {
    what: "scalars of every kind",
    text: '{"a":1,"b":-1.5e+3,"c":true,"d":null,"e":"x"}',
    members: [
      ["a", "1"],
      ["b", "-1.5e+3"],
      ["c", "true"],
      ["d", "null"],
      ["e", '"x"'],
    ],
  },
  {
    what: "space around every token",
    text: '{ "a" : 1 , "b"\n:\t"x" }',
    members: [
      ["a", "1"],
      ["b", '"x"'],
    ],
  },
  {
    what: "nested and empty values",
    text: '{"a":{"b":[1,{"c":[]}],"d":{}},"e":[],"f":{}}',
    members: [
      ["a", '{"b":[1,{"c":[]}],"d":{}}'],
      ["e", "[]"],
      ["f", "{}"],
    ],
  },
  {
    what: "texts that look like JSON",
    text: String.raw`{"}":"{","a\"":"\\","b,:":"\"]}","":""}`,
    members: [
      ["}", '"{"'],
      ['a"', String.raw`"\\"`],
      ["b,:", String.raw`"\"]}"`],
      ["", '""'],
    ],
  },
  {
    what: "escapes and doubles",
    text: String.raw`{"a":1,"\u0061":2}`,
    members: [
      ["a", "1"],
      ["a", "2"],
    ],
  },
])("finds the members of an object: $what", ({ text, members }) => {
  const found = membersAt(text, text.indexOf("{")).map(({ key, from, to }) => [key, text.slice(from, to)]);

  expect(found).toEqual(members);
});

test("returns only the members of an inner object", () => {
  const text = '{"x":{"a":1},"y":2}';

  expect(membersAt(text, 5)).toEqual([{ key: "a", start: 6, from: 10, to: 11 }]);
});

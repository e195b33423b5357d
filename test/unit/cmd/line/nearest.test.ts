import { expect, test } from "vitest";
import { nearest } from "../../../../cmd/line/nearest.ts";

test.for([
  ["creat", "create"],
  ["chekc", "check"],
  ["lst", "list"],
  ["banana", undefined],
] as const)("%s means %s", ([typed, meant]) => {
  expect(nearest(typed, ["create", "attach", "check", "list"])).toBe(meant);
});

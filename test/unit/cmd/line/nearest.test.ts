import { expect, test } from "vitest";
import { meantFlag, meantVerb } from "../../../../cmd/line/nearest.ts";

const verbs = ["create", "attach", "check", "list", "detach", "options", "version"];

test.for([
  ["creat", "create"],
  ["chekc", "check"],
  ["lst", "list"],
  ["CHECK", "check"],
  ["banana", undefined],
  ["go", undefined],
  ["constructor", undefined],
  // Verbs of other programs.
  ["get", "list"],
  ["ls", "list"],
  ["link", "attach"],
  ["add", "attach"],
  ["patch", "attach"],
  ["unlink", "detach"],
  ["remove", "detach"],
  ["test", "check"],
  ["Verify", "check"],
  ["diagnose", "check"],
] as const)("%s means %s", ([typed, meant]) => {
  expect(meantVerb(typed, verbs)).toBe(meant);
});

test("of two flags that are as near the one that is begun so is meant", () => {
  const string = { type: "string", describe: "" } as const;
  expect(meantFlag("al", { as: string, all: string })).toBe("did you mean --all?");
});

test("a verb that is not there is not meant", () => {
  expect(meantVerb("remove", ["create"])).toBeUndefined();
});

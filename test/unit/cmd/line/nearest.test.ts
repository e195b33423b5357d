import { expect, test } from "vitest";
import { flagHint, suggestedVerb } from "../../../../cmd/line/nearest.ts";

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
] as const)("suggests for %s the verb %s", ([typed, verb]) => {
  expect(suggestedVerb(typed, verbs)).toBe(verb);
});

test("prefers a flag that starts with the word when two are equally similar", () => {
  const string = { type: "string", describe: "" } as const;
  expect(flagHint("al", { as: string, all: string })).toBe("did you mean --all?");
});

test("suggests no verb that doesn't exist", () => {
  expect(suggestedVerb("remove", ["create"])).toBeUndefined();
});

import { expect, test } from "vitest";
import { combine } from "../../../src/check/verdict.ts";
import type { Fix } from "../../../src/fix.ts";
import { verdictOf } from "../../support/verdict.ts";

const combined = (...fixes: (Fix | undefined)[]) => combine(fixes.map((fix) => verdictOf({ fix }))).map(({ fix }) => fix);

const create = (repositories: readonly string[] | undefined, more: object = {}): Fix => ({
  verb: "create",
  registry: "r",
  ...(repositories && { repositories }),
  ...more,
});

test("combines the repositories for one Secret", () => {
  const whole = create(["a", "b", "c"]);

  expect(combined(create(["c", "a"]), undefined, create(["b", "a"]))).toEqual([whole, undefined, whole]);
});

test.for<{ what: string; fixes: Fix[] }>([
  { what: "another Secret", fixes: [create(["a"], { secret: "x" }), create(["b"], { secret: "y" })] },
  { what: "another registry", fixes: [create(["a"]), { verb: "create", registry: "q", repositories: ["b"] }] },
  { what: "the repositories of the pods", fixes: [create([]), create(["b"])] },
  { what: "unspecified repositories", fixes: [create(undefined), create(["b"])] },
  { what: "another verb", fixes: [{ verb: "list" }, { verb: undefined, help: true }] },
  {
    what: "pods of another namespace",
    fixes: [
      { kubectl: "delete pod", args: ["a"], namespace: "x" },
      { kubectl: "delete pod", args: ["a"], namespace: "y" },
    ],
  },
  {
    what: "other steps",
    fixes: [
      { do: "steps", steps: [create(["a"])] },
      { do: "steps", steps: [create(["b"])] },
    ],
  },
])("keeps a command for $what separate", ({ fixes }) => {
  expect(combined(...fixes)).toEqual(fixes);
});

test("combines the deletions of pods of one namespace", () => {
  const deletion = (...pods: string[]): Fix => ({ kubectl: "delete pod", args: pods, namespace: "demo" });

  expect(combined(deletion("b", "a"), deletion("a", "c"))).toEqual([deletion("b", "a", "c"), deletion("b", "a", "c")]);
});

test("keeps identical commands", () => {
  expect(combined(create([]), create([]), { verb: "list" }, { verb: "list" })).toEqual([
    create([]),
    create([]),
    { verb: "list" },
    { verb: "list" },
  ]);
});

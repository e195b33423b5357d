import { expect, test } from "vitest";
import type { Verdict } from "../../../src/check/verdict.ts";
import { combine } from "../../../src/check/verdict.ts";
import type { Fix } from "../../../src/fix.ts";

const combined = (...fixes: (Fix | undefined)[]) =>
  combine(fixes.map((fix): Verdict => ({ image: "i", namespace: "demo", secret: "", pods: [], cause: "no-login", fix }))).map(
    ({ fix }) => fix,
  );

const create = (repositories: readonly string[] | undefined, more: object = {}): Fix => ({
  verb: "create",
  registry: "r",
  ...(repositories && { repositories }),
  ...more,
});

test("repositories for one Secret are one command, in order, each once", () => {
  const whole = create(["a", "b", "c"]);

  expect(combined(create(["c", "a"]), undefined, create(["b", "a"]))).toEqual([whole, undefined, whole]);
});

test.for<{ what: string; fixes: Fix[] }>([
  { what: "another Secret", fixes: [create(["a"], { secret: "x" }), create(["b"], { secret: "y" })] },
  { what: "another registry", fixes: [create(["a"]), { verb: "create", registry: "q", repositories: ["b"] }] },
  { what: "all that pods use", fixes: [create([]), create(["b"])] },
  { what: "all that pods use, unsaid", fixes: [create(undefined), create(["b"])] },
  { what: "another verb", fixes: [{ verb: "list" }, { verb: undefined, help: true }] },
  {
    what: "another namespace's pods",
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
])("$what is another command", ({ fixes }) => {
  expect(combined(...fixes)).toEqual(fixes);
});

test("a login that is to hold at regional hosts too is one with that for the login server, in either order", () => {
  const wide = { includeRegional: true };

  expect(combined(create([]), create([], wide))).toEqual([create([], wide), create([], wide)]);
  expect(combined(create(["a"], wide), create(["b"]))).toEqual([create(["a", "b"], wide), create(["a", "b"], wide)]);
});

test("pods of one namespace are deleted together, each once", () => {
  const gone = (...pods: string[]): Fix => ({ kubectl: "delete pod", args: pods, namespace: "demo" });

  expect(combined(gone("b", "a"), gone("a", "c"))).toEqual([gone("b", "a", "c"), gone("b", "a", "c")]);
});

test("the same command stays as it is", () => {
  expect(combined(create([]), create([]), { verb: "list" }, { verb: "list" })).toEqual([
    create([]),
    create([]),
    { verb: "list" },
    { verb: "list" },
  ]);
});

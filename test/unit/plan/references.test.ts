import { expect, test } from "vitest";
import type { ServiceAccount } from "../../../src/objects.ts";
import { patchOf, planRefer, readTarget, type Target } from "../../../src/plan/references.ts";

const to = { kind: "serviceaccount", namespace: "demo", name: "default" } as const;
const at7 = (...names: string[]): Target => ({ to, names, version: "7" });

test.for([
  { does: "attach", before: [], gives: { act: "attach", secret: "acr", before: [], after: ["acr"] }, why: "the first" },
  {
    does: "attach",
    before: ["theirs"],
    gives: { act: "attach", secret: "acr", before: ["theirs"], after: ["theirs", "acr"] },
    why: "behind the others",
  },
  {
    does: "attach",
    before: ["acr", "theirs"],
    gives: { act: "keep", because: "already attached" },
    why: "there already, wherever it stands",
  },
  {
    does: "detach",
    before: ["a", "acr", "b"],
    gives: { act: "detach", secret: "acr", before: ["a", "acr", "b"], after: ["a", "b"] },
    why: "the others keep their order",
  },
  {
    does: "detach",
    before: ["acr", "a", "acr"],
    gives: { act: "detach", secret: "acr", before: ["acr", "a", "acr"], after: ["a"] },
    why: "the API takes a name twice",
  },
  { does: "detach", before: ["acr"], gives: { act: "detach", secret: "acr", before: ["acr"], after: [] }, why: "the last one" },
  { does: "detach", before: ["theirs"], gives: { act: "keep", because: "not attached" }, why: "was never there" },
] as const)("$does of $before: $why", ({ does, before, gives }) => {
  expect(planRefer(does, "acr", at7(...before))).toEqual({ to, ...gives });
});

const account = (more: Partial<ServiceAccount> = {}): ServiceAccount => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name: "default", namespace: "demo", resourceVersion: "7" },
  ...more,
});

test.for<{ why: string; object: ServiceAccount; names: string[] }>([
  { why: "no list", object: account(), names: [] },
  { why: "in its order", object: account({ imagePullSecrets: [{ name: "b" }, { name: "a" }] }), names: ["b", "a"] },
  { why: "an entry without a name keeps its place", object: account({ imagePullSecrets: [{}, { name: "a" }] }), names: ["", "a"] },
])("a target's list is read: $why", ({ object, names }) => {
  expect(readTarget("serviceaccount", object)).toEqual({ to, names, version: "7" });
});

test("a target that says nothing of itself but its name is held to no version", () => {
  expect(readTarget("serviceaccount", account({ metadata: { name: "default" } }))).toEqual({
    to: { ...to, namespace: "" },
    names: [],
    version: "",
  });
});

test("a target of one of several clusters says which", () => {
  expect(readTarget("serviceaccount", account(), "prod").to).toEqual({ ...to, context: "prod" });
});

test("a write carries every name, and the version that it was decided on", () => {
  expect(patchOf(at7("theirs"), ["theirs", "acr"])).toEqual({
    metadata: { resourceVersion: "7" },
    imagePullSecrets: [{ name: "theirs" }, { name: "acr" }],
  });
});

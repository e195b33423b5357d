import { expect, test } from "vitest";
import type { ServiceAccount } from "../../../src/objects.ts";
import { listAfter, patchOf } from "../../../src/targets/lists.ts";
import { readTarget, type Target } from "../../../src/usage/references.ts";

const to = { kind: "serviceaccount", namespace: "demo", name: "default" } as const;
const at7 = (...names: string[]): Target => ({ to, names, version: "7" });

test.for([
  { does: "attach", before: [], gives: { act: "change", after: ["acr"] }, why: "the first" },
  {
    does: "attach",
    before: ["theirs"],
    gives: { act: "change", after: ["theirs", "acr"] },
    why: "after the others",
  },
  {
    does: "attach",
    before: ["acr", "theirs"],
    gives: { act: "keep", because: "already attached" },
    why: "already in the list, at any position",
  },
  {
    does: "detach",
    before: ["a", "acr", "b"],
    gives: { act: "change", after: ["a", "b"] },
    why: "the others keep their order",
  },
  {
    does: "detach",
    before: ["acr", "a", "acr"],
    gives: { act: "change", after: ["a"] },
    why: "the API accepts a name twice",
  },
  { does: "detach", before: ["acr"], gives: { act: "change", after: [] }, why: "the last one" },
  { does: "detach", before: ["theirs"], gives: { act: "keep", because: "not attached" }, why: "not in the list" },
] as const)("decides to $does a Secret with the list $before: $why", ({ does, before, gives }) => {
  expect(listAfter(at7(...before), { does, secret: "acr" })).toEqual(gives);
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
])("reads the list of a target: $why", ({ object, names }) => {
  expect(readTarget("serviceaccount", object)).toEqual({ to, names, version: "7" });
});

test("reads a target without a version", () => {
  expect(readTarget("serviceaccount", account({ metadata: { name: "default" } }))).toEqual({
    to: { ...to, namespace: "" },
    names: [],
    version: "",
  });
});

test("writes every name, and removes an empty list", () => {
  expect(patchOf(to, ["theirs", "acr"])).toEqual({ act: "patch", patch: { imagePullSecrets: [{ name: "theirs" }, { name: "acr" }] } });
  expect(patchOf(to, [])).toEqual({ act: "patch", patch: { imagePullSecrets: null } });
});

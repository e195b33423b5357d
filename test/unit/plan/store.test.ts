import { expect, test } from "vitest";
import { type Held, planStore } from "../../../src/plan/store.ts";
import type { Provenance } from "../../../src/secret/provenance.ts";

const at = { namespace: "demo", name: "acr" };
const provenance: Provenance = { registry: "r.azurecr.io", credential: "given", identity: "ci" };
const held: Held = { uid: "u1", type: "kubernetes.io/dockerconfigjson", immutable: false, provenance, credential: "unproven" };
const foreign: Held = { uid: "u1", type: "kubernetes.io/dockerconfigjson", immutable: false, credential: "unproven" };

test.for<{ why: string; held: Held | undefined; fresh: boolean; force: boolean; gives: object }>([
  { why: "there is none", held: undefined, fresh: true, force: false, gives: { act: "store", isNew: true } },
  { why: "the same", held, fresh: false, force: false, gives: { act: "keep" } },
  { why: "another password: in place, so that the uid stays", held, fresh: true, force: false, gives: { act: "store", isNew: false } },
  {
    why: "another note",
    held: { ...held, provenance: { ...provenance, identity: "x" } },
    fresh: false,
    force: false,
    gives: { act: "store", isNew: false },
  },
  { why: "immutable and the same", held: { ...held, immutable: true }, fresh: false, force: false, gives: { act: "keep" } },
  { why: "immutable and another", held: { ...held, immutable: true }, fresh: true, force: false, gives: { act: "store", replaces: "u1" } },
  { why: "taken over", held: foreign, fresh: false, force: true, gives: { act: "store", isNew: false } },
  {
    why: "of a type that the kubelet passes over",
    held: { ...foreign, type: "Opaque" },
    fresh: true,
    force: true,
    gives: { act: "store", replaces: "u1" },
  },
])("$why", ({ held, fresh, force, gives }) => {
  expect(planStore(at, provenance, held, { fresh, force })).toMatchObject(gives);
});

test("somebody else's Secret is not touched unasked", () => {
  expect(() => planStore(at, provenance, foreign, { fresh: true, force: false })).toThrow('secret "acr" in namespace "demo"');
});

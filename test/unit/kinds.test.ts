import { expect, test } from "vitest";
import { isInCluster, keyOf, type Ref } from "../../src/kinds.ts";

const account: Ref = { kind: "serviceaccount", namespace: "demo", name: "default" };

test.for<{ why: string; other: Ref }>([
  { why: "in another namespace", other: { ...account, namespace: "prod" } },
  { why: "of another kind", other: { ...account, kind: "secret" } },
  { why: "of another name", other: { ...account, name: "web" } },
  { why: "whose parts run together", other: { kind: "serviceaccount", namespace: "demo/default", name: "" } },
])("an object $why is another one", ({ other }) => {
  expect(keyOf(other)).not.toBe(keyOf(account));
});

test("the same object has the same key, however it is written", () => {
  expect(keyOf({ name: "default", namespace: "demo", kind: "serviceaccount" })).toBe(keyOf(account));
});

test.for<{ kind: Ref["kind"]; lives: boolean }>([
  { kind: "secret", lives: true },
  { kind: "namespace", lives: true },
  { kind: "pod", lives: true },
  { kind: "token.azurecr.io", lives: false },
  { kind: "scopemap.azurecr.io", lives: false },
  { kind: "registry", lives: false },
])("kubectl could be asked for a $kind: $lives", ({ kind, lives }) => {
  expect(isInCluster({ kind, name: "x" })).toBe(lives);
});

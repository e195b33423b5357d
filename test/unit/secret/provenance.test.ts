import { inspect } from "node:util";
import { expect, test } from "vitest";
import { type Provenance, readProvenance } from "../../../src/secret/provenance.ts";
import { pullSecret } from "../../../src/secret/pull-secret.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";

test.for<Provenance>([
  { registry: "r.azurecr.io", credential: "given", identity: "ci" },
  { registry: "r.azurecr.io", credential: "acr-token", identity: "demo-acr-1", slot: "password2", expiresAt: "2027-01-01T00:00:00Z" },
])("what is noted on a Secret is read back: $credential", (provenance) => {
  expect(readProvenance(pullSecret({ namespace: "demo", name: "acr" }, provenance, "{}"))).toEqual(provenance);
});

test("a Secret without our label says nothing of itself", () => {
  expect(
    readProvenance({ apiVersion: "v1", kind: "Secret", metadata: { name: "x", annotations: { "acr-secret/registry": "r" } } }),
  ).toBeUndefined();
});

test("a sensitive text shows in no form of printing", () => {
  const secret = new Sensitive("hunter2");
  const shown = [
    `${secret}`,
    String(secret),
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ deep: [secret] }),
    "".concat(String(secret)),
  ];

  expect(shown.join()).not.toContain("hunter2");
  expect(secret.reveal()).toBe("hunter2");
});

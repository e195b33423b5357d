import fc from "fast-check";
import { expect, test } from "vitest";
import { checkSecretName, defaultSecretName, tokenName } from "../../../src/secret/names.ts";

test.for([
  { registry: "myregistry", name: "acr-myregistry" },
  { registry: "MyRegistry", name: "acr-myregistry" },
  { registry: "myregistry.azurecr.io", name: "acr-myregistry" },
  { registry: "dnlreg-abc123de.azurecr.io", name: "acr-dnlreg-abc123de" },
])("$registry is kept in $name", ({ registry, name }) => {
  expect(defaultSecretName(registry)).toBe(name);
});

test.for(["acr", "a.b", "a-1"])("%s is a Secret's name", (name) => {
  expect(checkSecretName(name)).toBe(name);
});

test.for(["", "A", "a_b", "-a", "a-", "a..b", "ä", "a".repeat(254)])("%s is none", (name) => {
  expect(() => checkSecretName(name)).toThrow("metadata.name");
});

test("a token's name is always one that Azure takes, and no other Secret's", () => {
  const part = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/);
  fc.assert(
    fc.property(fc.uuid(), part, part, part, (uid, namespace, one, other) => {
      const name = tokenName(uid, namespace, one);
      expect(name).toMatch(/^[a-zA-Z0-9-]{5,50}$/);
      expect(tokenName(uid, namespace, one)).toBe(name);
      if (one !== other) expect(tokenName(uid, namespace, other)).not.toBe(name);
    }),
  );
});

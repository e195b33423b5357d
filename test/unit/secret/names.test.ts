import fc from "fast-check";
import { expect, test } from "vitest";
import { checkSecretName, defaultSecretName, tokenName } from "../../../src/secret/names.ts";

test.for([
  { registry: "myregistry", name: "acr-myregistry" },
  { registry: "MyRegistry", name: "acr-myregistry" },
  { registry: "myregistry.azurecr.io", name: "acr-myregistry" },
  { registry: "dnlreg-abc123de.azurecr.io", name: "acr-dnlreg-abc123de" },
  { registry: "my__registry", name: "acr-my-registry" },
])("names the Secret of $registry $name", ({ registry, name }) => {
  expect(defaultSecretName(registry)).toBe(name);
});

test.for(["acr", "a.b", "a-1", "acr.my-registry.io", "a".repeat(253)])("accepts %s as the name of a Secret", (name) => {
  expect(checkSecretName(name)).toBe(name);
});

test.for(["", "A", "a_b", "-a", "a-", "a..b", "ä", "a".repeat(254)])("rejects %s as the name of a Secret", (name) => {
  expect(() => checkSecretName(name)).toThrow("metadata.name");
});

test("rejects an invalid name in the API server's words, with a hint", () => {
  expect(() => checkSecretName("a_b")).toThrow(
    expect.objectContaining({
      kind: "invalid",
      message:
        'The Secret "a_b" is invalid: metadata.name: Invalid value: "a_b": a lowercase RFC 1123 subdomain must consist of lower case ' +
        "alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
      hint: { verb: "create", secret: "NAME", registry: "REGISTRY" },
    }),
  );
});

// The suffixes are from `printf UID/SECRET
// sha256sum`: a later version must find the objects of an earlier one.
test.for([
  { uid: "ba98", namespace: "demo", secret: "acr", name: "demo-acr-966a9ec396" },
  { uid: "ba99", namespace: "demo", secret: "acr", name: "demo-acr-35ee10341a" },
  { uid: "ba98", namespace: "demo", secret: "acr.eu", name: "demo-acr-eu-8a61ffa795" },
  { uid: "ba98", namespace: "n".repeat(63), secret: "acr", name: `${"n".repeat(39)}-966a9ec396` },
])("names the token of Secret $secret in $namespace $name", ({ uid, namespace, secret, name }) => {
  expect(tokenName(uid, namespace, secret)).toBe(name);
});

test("derives a unique token name that Azure accepts", () => {
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

import { expect, test } from "vitest";
import { plugin } from "../../../src/hint.ts";
import { checkSecretName, defaultSecretName } from "../../../src/secret/names.ts";

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
      hint: plugin("create", "NAME", "--registry", "REGISTRY"),
    }),
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { azureName } from "../../../src/secret/azure-words.ts";

// The suffixes are the first 80 bits of `printf UID/SECRET | sha256sum`, in base32
test.for([
  { uid: "ba98", namespace: "demo", secret: "acr", name: "demo-acr-szvj5q4wrtfwjb3s" },
  { uid: "ba99", namespace: "demo", secret: "acr", name: "demo-acr-gxxbana2kb25ndhv" },
  { uid: "ba98", namespace: "demo", secret: "acr.eu", name: "demo-acr-eu-rjq77j4vnclyf3yc" },
  { uid: "ba98", namespace: "n".repeat(63), secret: "acr", name: `${"n".repeat(33)}-szvj5q4wrtfwjb3s` },
])("names the token of Secret $secret in $namespace $name", ({ uid, namespace, secret, name }) => {
  expect(azureName(uid, namespace, secret)).toBe(name);
});

test("derives a unique token name that Azure accepts", () => {
  const part = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/);
  fc.assert(
    fc.property(fc.uuid(), part, part, part, (uid, namespace, one, other) => {
      const name = azureName(uid, namespace, one);
      expect(name).toMatch(/^[a-zA-Z0-9-]{5,50}$/);
      expect(azureName(uid, namespace, one)).toBe(name);
      if (one !== other) expect(azureName(uid, namespace, other)).not.toBe(name);
    }),
  );
});

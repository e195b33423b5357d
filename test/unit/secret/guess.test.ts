import { expect, test } from "vitest";
import { guess } from "../../../src/secret/guess.ts";
import { Sensitive } from "../../../src/sensitive.ts";

const jwt = (claims: object, signature = "sIg-n_") => `eyJ-h_0.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${signature}`;
const azure = "myregistry.azurecr.io";

test.for([
  {
    server: azure,
    username: "00000000-0000-0000-0000-000000000000",
    password: jwt({ exp: 1_767_225_600 }),
    kind: "entra",
    ends: "2026-01-01T00:00:00Z",
  },
  { server: azure, username: "00000000-0000-0000-0000-000000000000", password: "opaque", kind: "entra" },
  { server: azure, username: "67100CA2-4443-4da5-95f8-4aa63e7e1b8d", password: "p", kind: "service-principal" },
  { server: azure, username: "x67100ca2-4443-4da5-95f8-4aa63e7e1b8d", password: "p", kind: "acr-token" },
  { server: azure, username: "67100ca2-4443-4da5-95f8-4aa63e7e1b8d0", password: "p", kind: "acr-token" },
  { server: azure, username: "myregistry", password: "p", kind: "admin" },
  { server: "http://myregistry.azurecr.cn", username: "MyRegistry", password: "p", kind: "admin" },
  { server: "https://MyRegistry.azurecr.io/v2/", username: "myregistry", password: "p", kind: "admin" },
  { server: "myregistry-abc123.azurecr.io:443", username: "myregistry", password: "p", kind: "admin" },
  { server: azure, username: "ci-pull", password: "p", kind: "acr-token" },
  { server: "myregistry.azurecr.us", username: "ci-pull", password: "p", kind: "acr-token" },
  { server: "ghcr.io", username: "myregistry", password: "p", kind: undefined },
  { server: "azurecr.io.evil.example", username: "ci", password: "p", kind: undefined },
  { server: "myregistry.azurecr.io.evil.example", username: "ci", password: "p", kind: undefined },
  { server: "evil.example/myregistry.azurecr.io", username: "ci", password: "p", kind: undefined },
  { server: "ghcr.io", username: "ci", password: jwt({ exp: 1_767_225_600 }), kind: undefined, ends: "2026-01-01T00:00:00Z" },
  { server: "ghcr.io", username: "ci", password: jwt({ exp: "soon" }), kind: undefined },
  { server: "ghcr.io", username: "ci", password: jwt({ exp: "1767225600" }), kind: undefined },
  { server: "ghcr.io", username: "ci", password: jwt({ exp: 1e300 }), kind: undefined },
  { server: "ghcr.io", username: "in milliseconds", password: jwt({ exp: 1_767_225_600_000 }), kind: undefined },
  {
    server: "ghcr.io",
    username: "unsigned, with a fraction",
    password: jwt({ exp: 1_767_225_600.5 }, ""),
    kind: undefined,
    ends: "2026-01-01T00:00:00Z",
  },
  { server: "ghcr.io", username: "after more", password: `~${jwt({ exp: 1_767_225_600 })}`, kind: undefined },
  { server: "ghcr.io", username: "before more", password: `${jwt({ exp: 1_767_225_600 })}~`, kind: undefined },
  { server: "ghcr.io", username: "ci", password: "a.b.c", kind: undefined },
])("guesses the kind $kind and expiry $ends of $username at $server", ({ server, username, password, kind, ends }) => {
  expect(guess(server, { username, password: new Sensitive(password) })).toEqual({ kind, expiresAt: ends });
});

import { expect, test } from "vitest";
import type { Asked } from "../../../src/credential/kind.ts";
import { kindNamed, parseKind } from "../../../src/credential/kinds.ts";
import type { Again } from "../../../src/fix.ts";

const stdin = { isTTY: false, read: async () => "" };

const parse = (flags: Asked["flags"]) => {
  const again = { verb: "create", registry: "r" } as const;
  return parseKind({ flags, registry: "r", identity: { source: "auto" }, verify: true, expiresAt: undefined, wait: 0, again }, stdin);
};

test.for([
  { flags: {}, kind: "acr-token", needsName: true },
  { flags: { username: "ci", "password-stdin": true }, kind: "given" },
  { flags: { admin: true }, kind: "admin" },
  { flags: { entra: true }, kind: "entra" },
  { flags: { entra: false }, kind: "acr-token", needsName: true },
  { flags: { admin: false }, kind: "acr-token", needsName: true },
  { flags: { "service-principal": "ci" }, kind: "service-principal" },
  { flags: { "service-principal": "*" }, kind: "service-principal", needsName: true },
])("selects $kind for $flags", ({ flags, kind, needsName = false }) => {
  expect(parse(flags)).toMatchObject({ kind: { name: kind }, needsName });
});

test.for([
  { flags: { username: "ci" }, message: "--username requires --password-stdin: other users could read a password on the command line" },
  { flags: { "password-stdin": true }, message: "--password-stdin requires --username" },
])("rejects $flags", ({ flags, message }) => {
  expect(() => parse(flags)).toThrow(expect.objectContaining({ kind: "usage", message }));
});

test.for<{ kind: string; identity: string; again: Again }>([
  { kind: "acr-token", identity: "ci-pull", again: { flags: {} } },
  {
    kind: "service-principal",
    identity: "44444444-4444-4444-4444-444444444444",
    again: {
      flags: { servicePrincipal: "44444444-4444-4444-4444-444444444444" },
      warning: "its service principal is 44444444-4444-4444-4444-444444444444, which gets another password",
    },
  },
  // The name could belong to another application by now.
  { kind: "service-principal", identity: "ci", again: { flags: {} } },
  { kind: "given", identity: "ci", again: { flags: { username: "ci" } } },
  {
    kind: "admin",
    identity: "myregistry",
    again: { flags: { admin: true }, warning: "it holds the login of the registry's admin user, which can also push and delete" },
  },
  {
    kind: "entra",
    identity: "00000000-0000-0000-0000-000000000000",
    again: { flags: { entra: true }, warning: "it holds a token of an Azure identity; the new token is of yours" },
  },
])("requests the login of $kind $identity again with $again.flags", ({ kind, identity, again }) => {
  expect(kindNamed(kind)?.again({ identity })).toEqual(again);
});

test("returns no kind for a kind of a newer version", () => {
  expect(kindNamed("moon")).toBeUndefined();
});

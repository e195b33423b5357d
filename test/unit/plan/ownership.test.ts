import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type AzureObject,
  type CredentialId,
  type HeldLogin,
  isLoginOf,
  keptBy,
  mayDelete,
  mayGrant,
  unknownClusters,
} from "../../../src/plan/ownership.ts";
import { type Entry, loginsNote, managedBy, readAnnotation, readEntries } from "../../../src/secret/entry.ts";

const host = "r.azurecr.io";
const token: CredentialId = { kind: "acr-token", identity: "t", host };
const entry: Entry = { hosts: [host], kind: "acr-token", identity: "t", slot: "password1", madeAt: "2026-01-01T00:00:00Z" };

const managers = { ours: managedBy.value, "another tool's": "kyverno", missing: undefined };
const notes = { "names it": [entry], "names another one": [{ ...entry, identity: "u" }], "cannot be read": undefined };

test.for(
  Object.entries(managers).flatMap(([label, manager]) =>
    Object.entries(notes).map(([annotation, note]) => ({ label, manager, annotation, note })),
  ),
)("renews a login by the label alone: $label, the annotation $annotation", ({ label, manager, note }) => {
  const labels: Record<string, string> = manager === undefined ? {} : { [managedBy.key]: manager };
  const metadata = { name: "acr", labels, annotations: { [loginsNote]: note ? JSON.stringify(note) : "{" } };

  expect(readEntries({ metadata }) !== undefined).toBe(label === "ours");
  expect((readAnnotation({ metadata }) ?? []).some((login) => isLoginOf(token, login))).toBe(note?.[0] === entry);
});

test.for<{ described?: string[]; unlisted?: number; secrets?: number; owned?: boolean; force?: boolean; by: ReturnType<typeof keptBy> }>([
  { by: undefined },
  { described: ["here", "there"], by: "cluster" },
  { unlisted: 1, by: "cluster" },
  { described: ["there"], unlisted: 1, owned: true, by: undefined },
  { described: ["there"], unlisted: 1, force: true, by: undefined },
  { secrets: 1, by: "secret" },
  { secrets: 1, owned: true, force: true, by: "secret" },
  { secrets: 1, described: ["there"], unlisted: 1, by: "secret" },
])(
  "keeps a credential of $described with $secrets Secrets and $unlisted unlisted clusters (owned: $owned, force: $force): $by",
  ({ described = ["here"], unlisted = 0, secrets = 0, owned = false, force, by }) => {
    const clusters = unknownClusters(described, new Set(["here"]));

    expect(keptBy({ secrets, clusters, unlisted, owned }, force)).toBe(by);
  },
);

const creators = ["self", "other", "unknown"] as const;
const keys = [undefined, "password", "certificate", "federated credential"] as const;

test.for(creators.flatMap((creator) => keys.map((key) => ({ creator, key }))))(
  "grants and deletes only without the sign-in methods of others: created by $creator, with $key",
  ({ creator, key }) => {
    const object: AzureObject = { described: true, creator, recorded: false, otherKeys: key ? [key] : [], shared: false };

    expect(mayGrant(object)).toBe(creator === "self" && key === undefined);
    expect(mayDelete(object)).toBe(key === undefined);
  },
);

test.for<{ what: string; login: HeldLogin; of?: CredentialId; is: boolean }>([
  { what: "the login server", login: { hosts: [host], identity: "t" }, is: true },
  { what: "an address with a path", login: { hosts: [`https://${host}/v2/`], identity: "t" }, is: true },
  { what: "a wildcard", login: { hosts: ["*.azurecr.io"], identity: "t" }, is: true },
  { what: "a regional host", login: { hosts: ["r.eastus.geo.azurecr.io"], identity: "t" }, is: true },
  { what: "another case", login: { hosts: ["R.azurecr.io"], identity: "T" }, is: true },
  { what: "another registry", login: { hosts: ["s.azurecr.io"], identity: "t" }, is: false },
  { what: "another user name", login: { hosts: [host], identity: "u" }, is: false },
  { what: "another kind", login: { hosts: [host], identity: "t", kind: "given" }, is: false },
  {
    what: "an application at another registry",
    login: { hosts: ["s.azurecr.io"], identity: "00000000-0000-0000-0000-000000000001" },
    of: { kind: "service-principal", identity: "00000000-0000-0000-0000-000000000001", host },
    is: true,
  },
])("finds the credential in a login for $what: $is", ({ login, of = token, is }) => {
  expect(isLoginOf(of, login)).toBe(is);
});

test("grants nothing to an object that another identity created, whatever its name, unless a Secret records its id", () => {
  const object = { described: true, creator: "other", otherKeys: [], shared: false } as const;

  expect(mayGrant({ ...object, recorded: false })).toBe(false);
  expect(mayGrant({ ...object, recorded: true })).toBe(true);
  expect(mayGrant({ ...object, recorded: true, described: false })).toBe(false);
});

test("deletes no object that is shared or that does not say that this plugin created it", () => {
  expect(mayDelete({ described: true, otherKeys: [], shared: true })).toBe(false);
  expect(mayDelete({ described: false, otherKeys: [], shared: false })).toBe(false);
});

test("reads a key of any length with any number of wildcards at once", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("*", "r", ".", "a", "-", "/", ":", "[")), (parts) => {
      const began = performance.now();
      isLoginOf(token, { hosts: [parts.join("").repeat(50)], identity: "t" });
      expect(performance.now() - began).toBeLessThan(500);
    }),
    { numRuns: 200 },
  );
});

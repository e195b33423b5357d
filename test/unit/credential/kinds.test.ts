import { expect, test } from "vitest";
import type { Asked, Sources } from "../../../src/credential/credential-kind.ts";
import { isIssuer } from "../../../src/credential/issuer.ts";
import { kindAskedFor, kindCalled } from "../../../src/credential/kinds.ts";
import { plugin } from "../../../src/hint.ts";
import type { Proof } from "../../../src/registry/port.ts";
import { Sensitive } from "../../../src/sensitive.ts";

const host = "myregistry.azurecr.io";
const stdin = { isTTY: false, read: async () => "new\n" };
const again = plugin("create", "--registry", "r");
const asking = (flags: Asked["flags"], more: Partial<Asked> = {}): Asked => ({
  flags,
  registry: host,
  identity: { source: "auto" },
  verify: true,
  force: false,
  wait: 0,
  repositories: [],
  again,
  ...more,
});
const kindFor = (flags: Asked["flags"]) => kindAskedFor(asking(flags), stdin);

test.for([
  { flags: {}, kind: "acr-token" },
  { flags: { username: "ci", "password-stdin": true }, kind: "given" },
  { flags: { admin: true }, kind: "admin" },
  { flags: { entra: true }, kind: "entra" },
  { flags: { entra: false }, kind: "acr-token" },
  { flags: { admin: false }, kind: "acr-token" },
  { flags: { "service-principal": "ci" }, kind: "service-principal" },
  { flags: { "service-principal": "*" }, kind: "service-principal" },
])("selects $kind for $flags", ({ flags, kind }) => {
  expect(kindFor(flags).name).toBe(kind);
});

test.for([
  { flags: { username: "ci" }, message: "--username requires --password-stdin: other users could read a password on the command line" },
  { flags: { "password-stdin": true }, message: "--password-stdin requires --username" },
  {
    flags: { "service-principal": "-ci" },
    message: 'invalid --service-principal "-ci": expected up to 120 letters, digits, spaces and . _ -, or an application ID',
  },
])("rejects $flags", ({ flags, message }) => {
  expect(() => kindFor(flags)).toThrow(expect.objectContaining({ kind: "usage", message }));
});

test.for([
  { kind: "acr-token", again: [] },
  { kind: "given", again: ["--username", "ci", "--password-stdin"] },
  { kind: "service-principal", again: undefined },
  { kind: "admin", again: undefined },
  { kind: "entra", again: undefined },
])("lets a printed command request a recorded login of $kind again with the flags $again", ({ kind, again }) => {
  expect(kindCalled(kind)?.again?.({ identity: "ci" })).toEqual(again);
});

test("returns no kind for a kind of a newer version", () => {
  expect(kindCalled("moon")).toBeUndefined();
});

const login = (username: string, password: string) => ({ username, password: new Sensitive(password) });
const registry = { id: "/r", name: "myregistry", loginServer: host, sku: "Basic" };
const to = { kind: "secret", namespace: "demo", name: "acr" } as const;

/** Opens the kind that the flags ask for, and takes its login for a Secret that holds another. */
async function takeFor(asked: Asked, inside: ReturnType<typeof login> | undefined, kind: string, verdict: Proof["verdict"] = "pulls") {
  const azure = {
    findRegistry: async () => registry,
    registryFacts: async () => ({ mode: "abac" }),
    prefetchToken: () => undefined,
    adminLogins: async () =>
      new Map([
        ["password", login("myregistry", "one")],
        ["password2", login("myregistry", "two")],
      ]),
  };
  const sources = {
    azure: async () => azure,
    registry: () => ({ prove: async () => ({ verdict, message: "" }), anyTag: async () => undefined }),
    during: (_: string, work: () => unknown) => work(),
    stdin,
  } as unknown as Sources;
  const opened = await kindAskedFor(asked, stdin).open(asked, sources);
  if (isIssuer(opened)) return opened;
  const credential = inside && { kind, host, identity: inside.username };
  return opened.take({ to, credential, login: inside }, { host, repositories: ["app/web"], images: [] });
}

const ci = { username: "ci", "password-stdin": true };

test("reads a given login, and warns that its rights are not checked", async () => {
  const taken = await takeFor(asking(ci), undefined, "");

  expect(taken).toEqual({
    login: login("ci", "new"),
    credential: { kind: "given", host, identity: "ci" },
    warnings: [`the rights of login "ci" at ${host} are not checked`],
    isProven: false,
  });
});

const everyone = `everyone who can read secret/acr can push to and delete from the whole registry ${host}`;

test.for([
  { inside: undefined, slot: "password", warnings: [everyone] },
  { inside: login("myregistry", "two"), slot: "password2", warnings: [] },
  { inside: login("myregistry", "three"), slot: "password", warnings: [everyone] },
])("takes the password of the admin user that the Secret holds, else the first: $slot", async ({ inside, slot, warnings }) => {
  expect(await takeFor(asking({ admin: true }), inside, "admin")).toEqual({
    login: expect.objectContaining({ username: "myregistry" }),
    credential: { kind: "admin", host, identity: "myregistry", slot },
    warnings,
    isProven: warnings.length === 0,
  });
});

test("neither proves nor warns about a given login that the Secret holds", async () => {
  expect(await takeFor(asking(ci), login("ci", "new"), "given")).toMatchObject({ warnings: [], isProven: true });
  expect(await takeFor(asking(ci), login("ci", "old"), "given")).toMatchObject({ warnings: [expect.any(String)], isProven: false });
});

test.for<{ why: string; flags?: Asked["flags"]; more?: Partial<Asked>; kind?: string; name?: string; verdict?: Proof["verdict"] }>([
  { why: "of the same user", name: "ci" },
  { why: "that the registry rejects", name: "joe", verdict: "refused" },
  { why: "with --force", name: "joe", more: { force: true } },
])("replaces a login $why", async ({ flags = ci, more, kind = "given", name = "", verdict }) => {
  expect(await takeFor(asking(flags, more), login(name, "old"), kind, verdict)).toHaveProperty("login");
});

test.for<{ why: string; flags?: Asked["flags"]; more?: Partial<Asked>; kind?: string; verdict?: Proof["verdict"] }>([
  { why: "of another user that pulls" },
  { why: "of another user that cannot be tested", verdict: "unreachable" },
  { why: "of another user that is not tested", more: { verify: false } },
  { why: "of another kind that pulls", kind: "acr-token" },
  { why: "of another kind when the admin user is asked for", flags: { admin: true } },
])("refuses to replace a login $why without --force", async ({ flags = ci, more, kind = "given", verdict }) => {
  await expect(takeFor(asking(flags, more), login("joe", "old"), kind, verdict)).rejects.toMatchObject({
    kind: "conflict",
    message: `secret "acr" in namespace "demo" holds the credential of "joe" (${kind})`,
    hint: "use another name, or add --force to overwrite that credential",
  });
});

test.for([
  { flags: {}, issuer: { kind: "acr-token", registry, isScoped: true, waits: undefined } },
  {
    flags: { "service-principal": "ci" },
    issuer: { kind: "service-principal", registry, isScoped: true, waits: { right: 20, password: 10 } },
  },
])("opens the issuer $issuer.kind of a registry", async ({ flags, issuer }) => {
  expect(await takeFor(asking(flags, { wait: 10, waitForRole: 20 }), undefined, "")).toMatchObject(issuer);
});

import { expect } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { type Credential, claimKey, credentialKey } from "../../../src/secret/record.ts";
import { claimLasts } from "../../../src/secret/source.ts";
import { pullSecret } from "../../support/fakes/cluster.ts";
import { stored } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { sourceSecret } from "../../support/records.ts";
import { annotates, clockAt, host, isAlive, madeAtOf, makeByHand, recordIn, slotsOf, writesRecord } from "../../support/rotating.ts";
import { all, answer, any, failed, type Given, type Row, refuse, testRows, typed } from "../../support/rows.ts";
import { acrPull } from "../../support/service-principal.ts";

const name = "acr-myregistry";
const ofA = "a-acr-myregistry-wpczflrggshlex5n";
const ofEvil = "evil-acr-myregistry-i7l7r2lrvohbga6m";
const everywhere = "rotate -A --grace 0";
const line = `rotate ${name} -n evil`;

const password = (slot: "password1" | "password2" = "password1") => ({ slot, madeAt: "2026-01-01T00:00:01.000Z" });
/** The tenant of the namespace `evil` records a credential in a Secret with this login. */
const forges =
  (record: (world: FakeWorld) => Partial<Credential>, inside: string | "its own" = "guess", secret = name): Given =>
  (world) => {
    const text = inside === "its own" ? (world.loginIn("a")?.password ?? "") : inside;
    world.cluster.put(sourceSecret(`evil/${secret}`, { credential: record(world), password: text }));
  };
const principal = (identity: string) => ({ kind: "service-principal", identity });
const deletedId = "aaaaaaaa-0000-4000-8000-999999999999";
/** Creates an application of another user. @returns its id */
function putApplication({ azure: { directory } }: FakeWorld, enabled = true): string {
  const appId = directory.put("ci");
  directory.assign(appId, acrPull);
  Object.assign(directory.principals[0] ?? {}, { enabled });
  return appId;
}
const untouched = (world: FakeWorld) => {
  expect(isAlive(world, "a")).toBe(true);
  expect(slotsOf(world, ofA)).toEqual([recordIn(world, "a").slot]);
};
const noneOf = (pattern: RegExp) => (world: FakeWorld) => expect(world.asking.all.filter((call) => pattern.test(call))).toEqual([]);

const creates = "create --registry myregistry --repository app/web -n a";
/** The tenant keeps the current login of the source in a Secret of its own. */
const keeps: Given = (world) => {
  const { username = "", password: text = "" } = world.loginIn("a") ?? {};
  world.cluster.put(pullSecret("evil", "kept", { [host]: { username, password: text } }));
};
/** The tenant keeps the login, and a rotation replaces it. */
const keepsReplaced = (flags = "") => all(keeps, typed(`rotate ${name} -n a${flags}`));
const deletes: Given = ({ azure }) => void azure.tokens.get(ofA)?.passwords.delete("password2");
/** Azure shows an expired password, and the registry refuses it. */
const expires: Given = ({ azure }) => {
  const { passwords } = azure.tokens.get(ofA) ?? expect.unreachable("no token");
  passwords.set("password2", { ...(passwords.get("password2") ?? expect.unreachable("no password")), text: "expired" });
};

const givesNothing = (world: FakeWorld) => {
  expect(world.loginIn("evil")?.password ?? "guess").toBe("guess");
  noneOf(/^addKey/)(world);
};

/** The registry knows every password by then. */
const later = clockAt("2026-01-01T00:11:00Z");

const many = reclaimed(40);
const past = "2025-01-01T00:00:00Z";

testRows(
  [
    ...[
      { why: "the password of another namespace, with a guess", given: forges(() => ({ identity: ofA, ...password() })) },
      { why: "the password of another namespace, with its login", given: forges(() => ({ identity: ofA, ...password() }), "its own") },
      {
        why: "a later password of another namespace",
        given: forges(() => ({ identity: ofA, slot: "password2", madeAt: "2099-01-01T00:00:00Z" })),
      },
      {
        why: "the password of another namespace as its replaced one",
        given: forges(() => ({ identity: ofA, previous: { ...password(), until: "2020-01-01T00:00:00Z" } })),
      },
    ].flatMap(({ why, given }): Row[] => [
      {
        does: `refuses a record that names ${why}, and ends nothing`,
        given,
        command: `${line} --grace 0 --force`,
        code: 1,
        stderr: [
          `error: secret/${name} in namespace evil records the ACR token "${ofA}", which is not its own`,
          `hint: kubectl acr-secret create -n evil ${name} --registry ${host} --repository REPOSITORY --force`,
        ],
        writes: /^(patch secret evil\/.*\n){2}$/,
        check: untouched,
      },
      {
        does: `rotates the others when one records ${why}, and succeeds`,
        given,
        command: everywhere,
        stdout: /secret\/acr-myregistry configured in namespace a\n/,
        stderr: new RegExp(`^Warning: evil: secret/${name} in namespace evil records the ACR token "${ofA}", which is not its own`, "m"),
        writes: /^(?!.*create secret evil)/s,
        check: (world) => {
          expect(isAlive(world, "a")).toBe(true);
          expect(world.loginIn("evil")?.password).not.toBe(world.loginIn("a")?.password);
        },
      },
    ]),
    ...[
      { why: "an unknown registry", record: () => ({ host: "other.azurecr.io" }), says: "a registry that was not found" },
      { why: "a host that is no registry", record: () => ({ host: "evil.example.com" }), says: "a registry that was not found" },
      {
        why: "a token of an identity for a host that is no registry",
        record: () => ({ kind: "entra", host: "evil.example.com" }),
        says: "a registry that was not found",
      },
      { why: "a deleted application", record: () => principal(deletedId), says: `application "${deletedId}", which does not exist` },
      {
        why: "the display name of an application",
        record: (world: FakeWorld) => principal(putApplication(world) && "ci"),
        says: 'application "ci", which does not exist',
      },
      { why: "another user's application", record: (world: FakeWorld) => principal(putApplication(world)), says: 'application "ci"' },
      { why: "a disabled application", record: (world: FakeWorld) => principal(putApplication(world, false)), says: 'application "ci"' },
    ].flatMap(({ why, record, says }): Row[] => [
      {
        does: `rotates the others, and gives nothing to a Secret that records ${why}`,
        given: forges(record),
        command: "rotate -A",
        stdout: [`token.azurecr.io/${ofA} configured`, `secret/${name} configured in namespace a`],
        stderr: new RegExp(`^Warning: evil: secret/${name} in namespace evil records ${says}`),
        check: givesNothing,
      },
      {
        does: `fails when the only one records ${why}`,
        given: forges(record),
        command: line,
        code: 1,
        stderr: new RegExp(`^error: secret/${name} in namespace evil records ${says}`),
        writes: any,
        check: givesNothing,
      },
    ]),
    ...[
      {
        why: "its own token, which was deleted",
        record: { identity: ofEvil },
        given: ({ azure }: FakeWorld) => azure.removeToken(ofEvil),
        says: `"${ofEvil}" was deleted from ${host}`,
      },
      { why: "a registry that it may not read", error: new CliError("forbidden", "denied"), says: "denied" },
      { why: "a registry that cannot be reached", error: new CliError("unreachable", "no route"), says: "no route" },
    ].map(
      ({ why, record = {}, given = () => undefined, error, says }): Row => ({
        does: `fails for a Secret that records ${why}`,
        given: all(
          given,
          forges(() => record),
          error ? refuse("findRegistry", () => error) : () => undefined,
        ),
        command: "rotate -A",
        ...failed,
        stderr: new RegExp(`^evil: error: ${says}`, "m"),
      }),
    ),
    ...[
      { why: "no login", given: recordsEntra() },
      { why: "a guess", given: recordsEntra("guess") },
      { why: "a forged token of that identity", given: recordsEntra(tokenText({ sub: "o-1" })) },
      { why: "a forged token of that identity that has expired", given: recordsEntra(tokenText({ sub: "o-1", exp: 0 })) },
      { why: "a token of another identity, with --force", given: recordsEntra(tokenText({ sub: "o-2" })), more: " --force" },
    ].map(
      ({ why, given, more = "" }): Row => ({
        does: `gives no token of its own identity to a Secret that only records one, with ${why}`,
        given,
        command: `${everywhere}${more}`,
        stdout: any,
        stderr: /^Warning: evil: secret .* holds no valid token of your Azure identity\n(?!hint: kubectl)/m,
        writes: /^(?!.*(patch secret evil.*\n.*){3})/s,
        check: (world) => {
          expect(world.loginIn("evil")?.password ?? "").not.toMatch(/^h\..*\.s$/);
          expect(isAlive(world, "a")).toBe(true);
        },
      }),
    ),
    {
      does: "rotates the others and counts a token of another Azure identity",
      given: all(
        ({ azure: { entra } }) => void Object.assign(entra.claims, { sub: "o-2" }),
        typed("create --registry myregistry --entra -n evil"),
        ({ azure: { entra } }) => void delete entra.claims["sub"],
      ),
      command: everywhere,
      stdout: /secret\/acr-myregistry configured in namespace a\n/,
      stderr: ["1 Secret configured", "skipped 1: cannot be rotated by this plugin (secret/acr-myregistry in namespace evil)"],
    },
    {
      does: "ends no password of another token that a record names as its replaced one",
      given: all(
        (world) => {
          world.azure.putScopeMap({ name: "prod", actions: [] });
          world.azure.putToken("prod", ["password1", "password2"]);
        },
        forges((world) => ({
          identity: "prod",
          ...password(),
          previous: { slot: "password2", madeAt: madeAtOf(world, "prod", "password2"), until: "2020-01-01T00:00:00Z" },
        })),
      ),
      command: everywhere,
      stdout: any,
      stderr: any,
      check: (world) => expect(slotsOf(world, "prod")).toEqual(["password1", "password2"]),
      after: [
        {
          command: `${everywhere} --force --expiring-within 1d`,
          stdout: any,
          stderr: any,
          check: (world) => expect(slotsOf(world, "prod")).toEqual(["password1", "password2"]),
        },
      ],
    },
    {
      does: "ends no person's password that a record names as its replaced one with another time",
      given: all(
        (world) => makeByHand(world, "password2", ofA),
        writesRecord("a", { previous: { slot: "password2", madeAt: "2020-01-01T00:00:00Z", until: "2020-01-01T00:00:00Z" } }),
      ),
      command: `rotate ${name} -n a --grace 0`,
      stdout: [`secret/${name} unchanged`],
      check: (world) => expect(slotsOf(world, ofA)).toEqual(["password1", "password2"]),
      after: [
        {
          given: clockAt("2026-01-03T00:00:00Z"),
          command: `rotate ${name} -n a --grace 0`,
          code: 1,
          stderr: /no Secret records password2 of/,
          writes: any,
          check: (world) => expect(slotsOf(world, ofA)).toEqual(["password1", "password2"]),
        },
      ],
    },
    {
      does: "ends no password that a forged intent names outside of the time of its claim",
      given: all(
        (world) => makeByHand(world, "password2", ofA),
        annotates("a", { key: claimKey, value: { run: "x", until: past, identity: ofA, intent: { slot: "password2", until: past } } }),
      ),
      command: `rotate ${name} -n a --grace 0`,
      code: 1,
      stderr: /no Secret records password2 of/,
      writes: any,
      check: (world) => expect(slotsOf(world, ofA)).toEqual(["password1", "password2"]),
    },
    {
      does: "sends a login to no host that only a record names",
      given: (world) => {
        world.cluster.put(sourceSecret(`evil/${name}`, { credential: { identity: ofA, host: "evil.example.com", ...password() } }));
        const { metadata } = world.cluster.get("secret", "evil", name) ?? expect.unreachable("no Secret");
        const { username = "", password: text = "" } = world.loginIn("a") ?? {};
        world.cluster.put({ ...pullSecret("evil", name, { [host]: { username, password: text } }), metadata });
      },
      command: line,
      code: 1,
      stderr: any,
      writes: any,
      check: noneOf(/^(admits|prove|anyTag)/),
    },
    {
      does: "tests at most 50 of the wrong passwords that a tenant has written, and delays the end of the replaced one",
      given: all(typed(`rotate ${name} -n a`), (world) => {
        const wrong = Array.from({ length: 500 }, (_, at) => [`r${at}.example`, { username: ofA, password: `wrong-${at}` }]);
        world.cluster.put(pullSecret("evil", "wrong", Object.fromEntries(wrong)));
        world.cluster.about.now = () => Date.parse("2026-01-03T00:00:00Z");
      }),
      command: `rotate ${name} -n a --grace 0`,
      options: { now: () => new Date("2026-01-03T00:00:00Z") },
      stdout: any,
      stderr: /secret\/wrong in namespace evil (held|holds)/,
      check: (world) => {
        expect(isAlive(world, "a")).toBe(true);
        expect(world.asking.all.filter((call) => call.startsWith("admits")).length).toBeLessThan(110);
      },
    },
    {
      does: "keeps the replaced password of a record without a creation time while a Secret holds it, and succeeds",
      world: () => stored("a", "evil"),
      given: async (world) => {
        const { username = "", password: old = "" } = world.loginIn("evil") ?? {};
        await typed(`rotate ${name} -n evil`)(world);
        world.cluster.put(pullSecret("evil", "kept", { [host]: { username, password: old } }));
        const { previous = password(), ...record } = recordIn(world, "evil");
        const until = "2020-01-01T00:00:00Z";
        const credential = { ...record, madeAt: undefined, expiresAt: "2099-01-01T00:00:00Z", previous: { ...previous, until } };
        const empty = { ".dockerconfigjson": Buffer.from('{"auths":{}}').toString("base64") };
        world.cluster.put({ ...sourceSecret(`evil/${name}`, { credential }), data: empty });
      },
      command: "rotate -A --expiring-within 14d",
      stdout: any,
      stderr: /^password1 of evil-\S+ stays, because secret\/kept in namespace evil holds it/,
      writes: /^(?!.*clearPassword)/s,
    },
    ...[
      { why: "was deleted in Azure", given: keepsReplaced(), breaks: deletes },
      { why: "has expired", given: keepsReplaced(), breaks: expires },
      { why: "was deleted in the grace period of the one before", given: keepsReplaced(" --grace 24h"), breaks: deletes },
    ].map(
      ({ why, given, breaks }): Row => ({
        does: `ends the replaced password that a tenant holds when create finds that the password of the source ${why}`,
        given: all(given, breaks, later),
        command: creates,
        stdout: new RegExp(`^token.azurecr.io/${ofA} configured \\(-password1\\)\n(.*\n)*secret/${name} configured\n`, "m"),
        stderr: new RegExp(`^Warning: secret/kept in namespace evil held password1 of ${ofA}, which has ended\n`),
        check: (world) => {
          expect(isAlive(world, "a")).toBe(true);
          expect(isAlive(world, "evil", "kept")).toBe(false);
        },
      }),
    ),
    {
      does: "keeps the replaced password that a tenant holds when the registry may not know the new one yet",
      given: all(keepsReplaced(), answer("prove", { verdict: "refused", message: "no" })),
      command: creates,
      code: 1,
      stderr: /^waiting up to 2 minutes .*\nerror: password1 of \S+ stays, because secret\/kept in namespace evil holds it until/,
      writes: any,
      check: (world) => expect([isAlive(world, "a"), isAlive(world, "evil", "kept")]).toEqual([true, true]),
    },
    {
      does: "keeps the current password that another Secret holds when create replaces the broken login of the source",
      given: all(later, keeps, ({ cluster }) => {
        const { metadata } = cluster.get("secret", "a", name) ?? expect.unreachable("no Secret");
        cluster.put({ ...pullSecret("a", name, { [host]: { username: ofA, password: "broken" } }), metadata }, "kubectl-acr-secret");
      }),
      command: creates,
      stdout: any,
      stderr: /^password1 of \S+ stays, because secret\/kept in namespace evil holds it/,
      check: (world) => expect([isAlive(world, "a"), isAlive(world, "evil", "kept")]).toEqual([true, true]),
    },
    {
      does: "keeps a password that no record names when create replaces the broken login of the source",
      given: all(
        (world) => makeByHand(world, "password2", ofA),
        ({ azure }) => {
          const { passwords } = azure.tokens.get(ofA) ?? expect.unreachable("no token");
          passwords.set("password1", { ...(passwords.get("password1") ?? expect.unreachable("no password")), text: "expired" });
        },
      ),
      command: creates,
      code: 1,
      stderr: /no Secret records password2 of/,
      writes: any,
      check: (world) => expect(slotsOf(world, ofA)).toEqual(["password1", "password2"]),
    },
    {
      does: "waits for no claim that ends later than any run can write",
      given: annotates("a", { key: claimKey, value: { run: "x", until: "2999-01-01T00:00:00Z" } }),
      command: everywhere,
      options: { sleep: () => Promise.reject(new Error("waited")) },
      stdout: any,
      stderr: any,
      check: untouched,
    },
    {
      does: "fails only for the Secret whose tenant claims it again and again",
      ...reclaimed(),
      command: everywhere,
      ...failed,
      stderr:
        /^secret.* in namespace evil: waiting for .*\nevil: error: another run is writing secret .*\nhint: .*\n1 Secret configured, 1 namespace failed\n$/,
      check: untouched,
    },
    {
      does: "waits no longer in a namespace whose tenant claims many Secrets again and again",
      ...many,
      command: everywhere,
      ...failed,
      check: (world) => {
        untouched(world);
        expect(many.slept()).toBeLessThan(15 * 60_000);
      },
    },
    {
      does: "skips a Secret whose record is invalid",
      given: ({ cluster }) => {
        const secret = sourceSecret(`evil/${name}`);
        const annotations = { [credentialKey]: '{"kind":"acr-token","host":5,"identity":[]}' };
        cluster.put({ ...secret, metadata: { ...secret.metadata, annotations } });
      },
      command: everywhere,
      stdout: any,
      stderr: ["1 Secret configured"],
      check: untouched,
    },
  ],
  async () => {
    const world = await stored("a", "evil");
    world.cluster.remove("secret", "evil", name);
    return world;
  },
);

/** A token of a registry that only the tenant has signed. */
function tokenText(claims: object): string {
  const all = { iss: "Azure Container Registry", aud: host, iat: 1_767_225_600, exp: 1_767_236_400, ...claims };
  return `forged.${Buffer.from(JSON.stringify(all)).toString("base64url")}.x`;
}

/** The tenant of the namespace `evil` records a token of an Azure identity. */
function recordsEntra(password?: string): Given {
  return (world) => {
    const identity = "00000000-0000-0000-0000-000000000000";
    const secret = sourceSecret(`evil/${name}`, { credential: { kind: "entra", identity, slot: undefined }, password });
    const empty = { ".dockerconfigjson": Buffer.from('{"auths":{}}').toString("base64") };
    world.cluster.put(password === undefined ? { ...secret, data: empty } : secret);
  };
}

/** The tenant's own claims, each as long as any run can write. */
function reclaimed(count = 1) {
  let world: FakeWorld | undefined;
  let time = Date.parse("2026-01-01T00:00:00Z");
  const claim = () => {
    const claimed = { claim: { run: "x", until: new Date(time + claimLasts).toISOString() } };
    for (let at = 0; at < count; at++) world?.cluster.put(sourceSecret(`evil/${at === 0 ? name : `s-${at}`}`, claimed));
  };
  const given: Given = (of) => {
    world = of;
    of.cluster.about.now = () => time;
    claim();
  };
  const sleep = async (milliseconds: number) => {
    time += milliseconds;
    claim();
  };
  return { given, options: { sleep }, slept: () => time - Date.parse("2026-01-01T00:00:00Z") };
}

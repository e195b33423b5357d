import { expect, test } from "vitest";
import type { Entry } from "../../../src/secret/entry.ts";
import { shared, stored } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { copyOf, host, isAlive, madeAtOf, notedSecret, noteIn, slotsOf } from "../../support/rotating.ts";

/** Creates two teams that share a credential, and a namespace in which a hostile tenant can write anything. */
async function withEvil(): Promise<FakeWorld> {
  const world = await stored("a", "b");
  addNamespaces(world.cluster, "evil");
  return world;
}

const entryOf = (world: FakeWorld, more: Partial<Entry> = {}): Entry => ({ ...noteIn(world, "a"), ...more });

const garbage = { username: shared, password: "guessed" };

test.for<{
  why: string;
  notes: (world: FakeWorld) => unknown[];
  inside: typeof garbage | undefined;
  name?: string;
  apart?: true;
  says: string;
}>([
  { why: "the same password, and a guess inside", notes: (world) => [entryOf(world)], inside: garbage, says: "refuses the login inside" },
  {
    why: "a password to come",
    notes: (world) => [entryOf(world, { slot: "password2", madeAt: "2099-01-01T00:00:00Z" })],
    inside: garbage,
    apart: true,
    says: "refuses the login inside",
  },
  {
    why: "the password before",
    notes: (world) => [entryOf(world, { slot: "password2", madeAt: "2099-01-01T00:00:00Z", previous: { ...passwordOf(world) } })],
    inside: garbage,
    says: "refuses the login inside",
  },
  { why: "a login of its own", notes: (world) => [entryOf(world)], inside: { username: "mine", password: "mine" }, says: "holds no login" },
  { why: "no login at all", notes: (world) => [entryOf(world)], inside: undefined, says: "holds no login" },
  {
    why: "the same under another name",
    notes: (world) => [entryOf(world)],
    inside: garbage,
    name: "other",
    says: "refuses the login inside",
  },
])("a Secret that notes the credential of others and does not hold it gets nothing: $why", async ({ notes, inside, name, apart, says }) => {
  for (const line of ["rotate -A --grace 0", "rotate acr-myregistry -n a --grace 0"]) {
    const world = await withEvil();
    world.azure.users.set("mine", "mine");
    const hostile = notedSecret("evil", name ?? "acr-myregistry", notes(world), inside);
    world.cluster.put(hostile);
    const before = world.loginIn("a");

    const { stdout, stderr, code } = await type(line, world.ports);

    expect(world.cluster.get("secret", "evil", name ?? "acr-myregistry")?.data).toEqual(hostile.data);
    if (!apart || line.includes("-A")) expect(stdout + stderr).toContain(says);
    expect(code).toBe(line.includes("-A") ? 1 : 0);
    // The hostile Secret does not keep the replaced password valid.
    expect(before && world.azure.knows(before)).toBe(false);
    expect(["a", "b"].map((at) => isAlive(world, at))).toEqual([true, true]);
    expect(slotsOf(world, shared)).toEqual(["password2"]);
  }
});

const passwordOf = (world: FakeWorld) => {
  const { slot = "", madeAt = "" } = noteIn(world, "a");
  return { slot, madeAt };
};

test("a Secret that alone notes a token of elsewhere gets none of its passwords, though it is named", async () => {
  const world = await stored("a");
  addNamespaces(world.cluster, "evil");
  world.azure.putScopeMap({ name: "prod-token", actions: ["repositories/*/content/read"] });
  world.azure.putToken("prod-token", ["password1"]);
  const entry = {
    hosts: [host],
    kind: "acr-token",
    identity: "prod-token",
    slot: "password1",
    madeAt: madeAtOf(world, "prod-token", "password1"),
  };
  world.cluster.put(notedSecret("evil", "pull", [entry], { username: "prod-token", password: "guessed" }));
  world.asking.forget();

  for (const line of ["rotate pull -n evil", "rotate pull -n evil --verify=false"]) {
    const { stdout, stderr, code } = await type(line, world.ports);
    expect(stdout + stderr).toContain("so nothing shows that it was given this one");
    expect(code).toBe(1);
  }
  expect(world.asking.writes).toEqual([]);
  expect(slotsOf(world, "prod-token")).toEqual(["password1"]);
});

test("what a Secret notes of the password before is no reason to take that of somebody else away", async () => {
  const world = await withEvil();
  world.azure.putToken("prod-token", ["password1", "password2"]);
  const theirs = { slot: "password2", madeAt: madeAtOf(world, "prod-token", "password2"), until: "2020-01-01T00:00:00Z" };
  // A password that a person created in the other slot of the token that the Secrets use.
  world.azure.tokens
    .get(shared)
    ?.passwords.set("password2", { text: "jane's", creationTime: "2026-01-01T09:00:00.000Z", expiry: undefined });
  world.cluster.put(copyOf(world, "a", { at: "evil", notes: { previous: { slot: "password2", madeAt: "2026-01-01T09:00:00Z" } } }));
  world.cluster.put(notedSecret("evil", "prod", [entryOf(world, { identity: "prod-token", previous: theirs })], garbage));

  await type("rotate -A --grace 0", world.ports);
  await type("rotate -A --grace 0 --expiring-within 1d", world.ports);

  expect(slotsOf(world, "prod-token")).toEqual(["password1", "password2"]);
  expect(isAlive(world, "a")).toBe(true);
});

test.for<{ why: string; notes: (world: FakeWorld) => Partial<Entry> }>([
  { why: "as another slot's", notes: () => ({ slot: "password2", madeAt: "2099-01-01T00:00:00Z" }) },
  { why: "as made later", notes: () => ({ madeAt: "2099-01-01T00:00:00Z" }) },
  { why: "as of no time", notes: () => ({ madeAt: undefined as never }) },
  {
    why: "as what came after it",
    notes: (world) => ({ slot: "password2", madeAt: "2099-01-01T00:00:00Z", previous: passwordOf(world) }),
  },
])("a tenant who holds the password and notes it $why takes it from nobody", async ({ notes }) => {
  const world = await withEvil();
  world.cluster.put(copyOf(world, "a", { at: "evil", notes: notes(world) }));

  for (let round = 0; round < 3; round++) {
    await type("rotate acr-myregistry -n a --grace 0", world.ports);
    expect(["a", "b", "evil"].map((at) => isAlive(world, at))).toEqual([true, true, true]);
  }
});

test("of two Secrets that note one password and hold different ones that work nobody can tell which is right", async () => {
  const world = await withEvil();
  const token = world.azure.tokens.get(shared);
  token?.passwords.set("password2", { text: "the other", creationTime: "2026-01-01T09:00:00.000Z", expiry: undefined });
  world.cluster.put(notedSecret("evil", "acr-myregistry", [entryOf(world)], { username: shared, password: "the other" }));

  const { stderr, code } = await type("rotate acr-myregistry -n a", world.ports);

  expect(stderr).toContain(`note different passwords of ${shared} for one login, or one for different logins`);
  expect(stderr).toContain("secret/acr-myregistry in namespace evil");
  expect(code).toBe(1);
  expect(world.asking.writes).toEqual([]);
});

test("ten thousand notes that follow each other in a circle are read in no time", { timeout: 20_000 }, async () => {
  const world = await withEvil();
  for (let at = 0; at < 3000; at++) {
    const madeAt = (index: number) => new Date(Date.UTC(2027, 0, 1) + index * 1000).toISOString();
    const entry = entryOf(world, {
      slot: "password2",
      madeAt: madeAt(at),
      previous: { slot: "password2", madeAt: madeAt((at + 1) % 3000) },
    });
    world.cluster.put(notedSecret("evil", `n-${at}`, [entry], undefined));
  }
  const { code } = await type("rotate acr-myregistry -n a", world.ports);
  expect(code).toBe(0);
  expect(["a", "b"].map((at) => noteIn(world, at).slot)).toEqual(["password2", "password2"]);
});

test("a note cannot have a login sent to another host", async () => {
  const world = await withEvil();
  const hosts = ["evil.example.com"];
  world.cluster.put(notedSecret("evil", "acr-myregistry", [entryOf(world, { hosts })], garbage));
  world.asking.forget();
  expect(await type("rotate acr-myregistry -n evil", world.ports)).toMatchObject({ code: 1 });
  expect(world.asking.all.filter((call) => call.startsWith("admits"))).toEqual([]);
});

test("where the registry is not asked, what Secrets of one name share is theirs as long as all of them hold the same", async () => {
  const world = await withEvil();
  const line = "rotate acr-myregistry -n a --verify=false";
  world.asking.forget();
  expect(await type(line, world.ports)).toMatchObject({ code: 0 });
  expect(["a", "b"].map((at) => noteIn(world, at).slot)).toEqual(["password2", "password2"]);
  expect(world.asking.all.filter((call) => /^(admits|prove)/.test(call))).toEqual([]);

  world.cluster.put(notedSecret("evil", "acr-myregistry", [entryOf(world)], garbage));
  world.asking.forget();
  const { stdout, stderr, code } = await type(line, world.ports);
  expect(stdout + stderr).toContain(`${host} could not be asked for the login inside, so nothing shows that it was given this one`);
  expect(code).toBe(1);
  expect(world.asking.writes).toEqual([]);
  expect(["a", "b"].map((at) => isAlive(world, at))).toEqual([true, true]);
});

test("a registry that does not answer has nobody rotated, and nothing retired", async () => {
  const world = await withEvil();
  world.azure.putToken("ci-pull", ["password1"]);
  await type("create --registry myregistry --repository app/web --acr-token ci-pull -n evil", world.ports);
  world.asking.around(async (asked, next) => (asked.call === "admits" ? { verdict: "unreachable", message: "no answer" } : next()));
  world.asking.forget();
  expect(await type("rotate acr-myregistry -n evil --grace 0", world.ports)).toMatchObject({ code: 1 });
  expect(world.asking.writes).toEqual([]);
  expect(isAlive(world, "evil")).toBe(true);
});

import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { claimLasts, claimNote, claimProof, type Making, noteClaim } from "../../../src/secret/claim.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { shared, stored } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { isAlive, makeByHand, notedSecret, noteIn, slotsOf } from "../../support/rotating.ts";

const now = new Date("2026-01-01T00:00:00Z");

/** Another run claims a Secret at this moment. */
function claim(
  world: FakeWorld,
  at: string,
  { name = "acr-myregistry", makes, since = now }: { name?: string; makes?: Making; since?: Date } = {},
): void {
  const secret = world.cluster.get("secret", at, name);
  if (!secret) throw new Error("no Secret");
  const annotations = { ...secret.metadata.annotations, ...noteClaim("another run", since, makes) };
  world.cluster.put({ ...secret, metadata: { ...secret.metadata, annotations } });
}

function release(world: FakeWorld, at: string): void {
  const secret = world.cluster.get("secret", at, "acr-myregistry");
  const { [claimNote]: _, ...annotations } = secret?.metadata.annotations ?? {};
  if (secret) world.cluster.put({ ...secret, metadata: { ...secret.metadata, annotations } });
}

test.for([
  { what: "ends", ends: true, waits: 3 },
  { what: "is a dead one's", ends: false, waits: 60 },
])("a claim on any of its Secrets is waited for, which $what", async ({ ends, waits }) => {
  const world = await stored("a", "b", "c");
  claim(world, "c");
  let slept = 0;
  const sleep = async () => {
    if (++slept === waits && ends) release(world, "c");
    // No password is created before the claim has ended.
    if (slept <= waits) expect([noteIn(world, "a").slot, world.asking.writes]).toEqual(["password1", []]);
  };

  expect(await type("rotate acr-myregistry --namespaces a,b,c", world.ports, { sleep, now: () => now })).toMatchObject({
    stderr: "3 Secrets configured\n",
    code: 0,
  });
  expect(slept).toBeGreaterThanOrEqual(waits);
  expect(["a", "b", "c"].map((at) => [noteIn(world, at).slot, isAlive(world, at)])).toEqual(Array(3).fill(["password2", true]));
});

test("a dry run waits for nobody", async () => {
  const world = await stored("a", "b");
  claim(world, "b");
  const sleep = () => Promise.reject(new Error("waited"));

  expect(await type("rotate acr-myregistry --namespaces a,b --dry-run=client", world.ports, { sleep, now: () => now })).toMatchObject({
    code: 0,
  });
});

test("keeps the password that a claim on a named token says a dead run made, and prints the command that removes it", async () => {
  const world = await stored("a", "b");
  const named = "create named --registry myregistry --repository app/web --acr-token ci-pull --credential-per scope --namespaces a,b";
  expect(await type(named, world.ports)).toMatchObject({ code: 0 });
  let time = now.getTime();
  const sleep = async (milliseconds: number) => {
    time += milliseconds;
  };
  const undo = world.asking.around(async (asked, next) => {
    if (!is("get secret a/named")(asked)) return next();
    undo();
    claim(world, "a", { name: "named", makes: { identity: "ci-pull", slot: "password2" } });
    await makeByHand(world, "password2", "ci-pull");
    return next();
  });

  expect(await type("rotate named --namespaces a,b", world.ports, { now: () => new Date(time), sleep })).toMatchObject({
    stderr: expect.stringContaining("az acr token credential delete --registry myregistry --name ci-pull --password2"),
    code: 1,
  });
  expect(["a", "b"].map((at) => [noteIn(world, at, "named").slot, isAlive(world, at, "named")])).toEqual(
    Array(2).fill(["password1", true]),
  );
  expect(slotsOf(world, "ci-pull")).toEqual(["password1", "password2"]);
});

test.for([
  { often: "at every look of the other run", every: 0 },
  { often: "every 25 seconds", every: 25_000 },
])("whoever claims his Secret anew $often keeps himself back, and none of the others", async ({ every }) => {
  const world = await stored("a", "b", "c");
  let time = now.getTime();
  let last = time;
  const rewrite = () => {
    claim(world, "a", { since: new Date(time) });
    last = time;
  };
  const sleep = async (milliseconds: number) => {
    time += milliseconds;
    if (time - last >= every) rewrite();
  };
  rewrite();

  const { stderr, code } = await type("rotate -A", world.ports, { now: () => new Date(time), sleep });
  expect({ stderr, code }).toEqual({
    stderr: 'a: error: another run is making secret "acr-myregistry" in namespace "a"\n2 Secrets configured, 1 failed\n',
    code: 1,
  });
  expect(["a", "b", "c"].map((at) => [noteIn(world, at).slot, isAlive(world, at)])).toEqual([
    ["password1", true],
    ["password2", true],
    ["password2", true],
  ]);
  // The waits of all rounds together are no longer than four claims.
  expect(time - now.getTime()).toBeLessThan(3 * 60_000);
});

/** Creates a Secret in another namespace that looks like one of this plugin. Any user of that namespace can write its claim. */
function forged(world: FakeWorld, claimed: object): void {
  addNamespaces(world.cluster, "evil");
  const secret = notedSecret("evil", "x", [], undefined);
  const annotations = { ...secret.metadata.annotations, [claimNote]: JSON.stringify(claimed) };
  world.cluster.put({ ...secret, metadata: { ...secret.metadata, annotations } });
}

const soon = new Date(now.getTime() + 20_000).toISOString();

test.for([
  { what: "names the token", makes: {} },
  { what: "names the token and its slot", makes: { slot: "password2" } },
  { what: "has a proof of another login", makes: { proof: "00" } },
])("does not wait for a claim of a Secret that does not hold the login and $what", async ({ makes }) => {
  const world = await stored("a", "b");
  forged(world, { by: "x", until: soon, makes: { identity: shared, ...makes } });
  const sleep = () => Promise.reject(new Error("waited"));

  expect(await type("rotate acr-myregistry --namespaces a,b", world.ports, { now: () => now, sleep })).toMatchObject({ code: 0 });
});

test("does not wait for a proof that was copied from another namespace", async () => {
  const world = await stored("a", "b");
  const { username = "", password = "" } = world.loginIn("a") ?? {};
  const proof = claimProof({ username, password: new Sensitive(password) }, "x", { namespace: "c", name: "x" });
  forged(world, { by: "x", until: soon, makes: { identity: shared, proof } });
  const sleep = () => Promise.reject(new Error("waited"));

  expect(await type("rotate acr-myregistry --namespaces a,b", world.ports, { now: () => now, sleep })).toMatchObject({ code: 0 });
});

test("does not wait for a claim that ends later than any run can write", async () => {
  const world = await stored("a", "b");
  claim(world, "b", { since: new Date("2999-01-01T00:00:00Z") });
  const sleep = () => Promise.reject(new Error("waited"));

  expect(await type("rotate acr-myregistry --namespaces a,b", world.ports, { now: () => now, sleep })).toMatchObject({ code: 0 });
});

test.for(["a", "b", "c"])("waits once for one claim on the Secret in %s", async (at) => {
  const world = await stored("a", "b", "c");
  claim(world, at);
  let slept = 0;
  const sleep = async (milliseconds: number) => {
    slept += milliseconds;
  };

  expect(await type("rotate acr-myregistry --namespaces a,b,c", world.ports, { sleep, now: () => now })).toMatchObject({ code: 0 });

  expect(slept).toBeLessThan(claimLasts + 1000);
});

test.for<{ why: string; begin: (world: FakeWorld) => void; slot: string }>([
  { why: "it has waited", begin: (world) => claim(world, "a"), slot: "password1" },
  {
    why: "another one made a password",
    begin: (world) => {
      const undo = world.asking.around(async (asked, next) => {
        if (!is("patch secret a/")(asked)) return next();
        undo();
        await makeByHand(world, "password2");
        return next();
      });
    },
    slot: "password1",
  },
  { why: "all are written", begin: () => undefined, slot: "password2" },
])("a rotation that cannot look again fails, and has not found that nobody holds its credential: $why", async ({ begin, slot }) => {
  const world = await stored("a", "b");
  begin(world);
  let lists = 0;
  // Each check reads four lists.
  const unreachable = () => new CliError("unreachable", "the connection was refused");
  world.asking.around(refusing((asked) => is("list secret")(asked) && ++lists === 5, unreachable));
  let time = now.getTime();
  const sleep = async (milliseconds: number) => {
    time += milliseconds;
  };

  const { stderr, code } = await type("rotate -A --grace 0", world.ports, { now: () => new Date(time), sleep });
  expect({ stderr, code }).toEqual({ stderr: expect.stringContaining("error: the connection was refused\n"), code: 1 });
  expect(["a", "b"].map((at) => [noteIn(world, at).slot, isAlive(world, at)])).toEqual(Array(2).fill([slot, true]));
});

test("what fails is told once, though another run comes between and all is tried again", async () => {
  const world = await stored("a", "b", "c");
  const refused = () => new CliError("forbidden", "no");
  world.asking.around(refusing(({ call, at }) => call === "patch" && at.startsWith("secret a/"), refused));
  const undo = world.asking.around(async (asked, next) => {
    if (!is("get secret b/")(asked)) return next();
    undo();
    claim(world, "b", { since: new Date(now.getTime() - 60_000) });
    return next();
  });

  expect(await type("rotate -A", world.ports)).toMatchObject({ stderr: "a: error: no\n2 Secrets configured, 1 failed\n", code: 1 });
});

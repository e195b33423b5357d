import { expect, test } from "vitest";
import { linesOf, shared, stored } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { isAlive, noteIn, slotsOf } from "../../support/rotating.ts";

const on = (moment: string) => ({ now: () => new Date(moment) });
const knows = (world: FakeWorld, login: ReturnType<FakeWorld["loginIn"]>) => login !== undefined && world.azure.knows(login);

test("a password that is promised to work on does, and goes with the first run after", async () => {
  const world = await stored("a", "b");
  const before = world.loginIn("a");
  expect(await type("rotate acr-myregistry -n a --grace 24h", world.ports)).toMatchObject({ code: 0 });
  expect(noteIn(world, "b").previous).toMatchObject({ slot: "password1", until: "2026-01-02T00:00:00Z" });

  // Until then a new password would replace it, because a token has two.
  const early = await type("rotate acr-myregistry -n a", world.ports, on("2026-01-01T12:00:00Z"));
  expect(early).toEqual({
    stdout: "",
    stderr:
      `error: password1 of the ACR token "${shared}" is kept until 2026-01-02T00:00:00Z, and a token has two passwords\n` +
      "hint: run it again then, or rotate with a shorter --grace the next time\n",
    code: 1,
  });
  const schedule = "rotate -A --expiring-within 14d";
  expect(await type(schedule, world.ports, on("2026-01-01T12:00:00Z"))).toMatchObject({ stdout: "", code: 0 });
  expect(knows(world, before)).toBe(true);

  const due = await type(schedule, world.ports, on("2026-01-02T00:00:00Z"));
  expect(linesOf(due.stdout)).toEqual([`token.azurecr.io/${shared} configured (-password1)`]);
  expect(knows(world, before)).toBe(false);
  expect(["a", "b"].map((at) => isAlive(world, at))).toEqual([true, true]);
  // A deleted password is requested once, and needs no list.
  world.asking.forget();
  expect(await type(schedule, world.ports, on("2026-01-03T00:00:00Z"))).toMatchObject({ stdout: "", code: 0 });
  expect(world.asking.all.filter((call) => call.startsWith("list secret"))).toHaveLength(4);
});

test.for(["--grace soon", "--grace -1h", "--grace 1", "--grace=", "--expires-in soon", "--expiring-within soon"])(
  "%s is refused before anybody is asked",
  async (flag) => {
    const world = await stored("a");
    const { stdout, stderr, code } = await type(`rotate acr-myregistry -n a ${flag}`, world.ports);
    expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
    expect(stderr).toContain(flag.split(/[ =]/)[0] ?? "");
    expect(world.asking.all).toEqual([]);
  },
);

test.for(["0", "0s", "0m", "0h", "0d"])("--grace %s is none", async (grace) => {
  const world = await stored("a");
  await type(`rotate acr-myregistry -n a --grace ${grace}`, world.ports);
  expect(slotsOf(world)).toEqual(["password2"]);
});

async function ending(...ends: string[]): Promise<FakeWorld> {
  const names = ends.map((_, index) => `n${index}`);
  const world = fakeWorld();
  addNamespaces(world.cluster, "kube-system", ...names);
  for (const [index, end] of ends.entries())
    await type(`create --registry myregistry --repository app/web -n n${index}${end === "" ? "" : ` --expires-in ${end}`}`, world.ports);
  world.asking.forget();
  return world;
}

test("only what ends in time is rotated, and its lifetime is kept", async () => {
  const world = await ending("10d", "90d", "");
  const { stdout, code } = await type("rotate -A --expiring-within 14d", world.ports, on("2026-01-05T00:00:00Z"));
  expect(code).toBe(0);
  expect(stdout).toContain("secret/acr-myregistry configured in namespace n0\n");
  expect(["n0", "n1", "n2"].map((at) => noteIn(world, at).slot)).toEqual(["password2", "password1", "password1"]);
  expect(["n0", "n1", "n2"].map((at) => noteIn(world, at).expiresAt?.slice(0, 10))).toEqual(["2026-01-14", "2026-04-01", undefined]);
  // The registry was not asked about the other logins.
  expect(new Set(world.asking.all.filter((call) => call.startsWith("admits")))).toHaveProperty("size", 1);
});

test("another lifetime may be asked for", async () => {
  const world = await ending("10d");
  await type("rotate -n n0 --expires-in 30d", world.ports, on("2026-01-05T00:00:00Z"));
  expect(noteIn(world, "n0").expiresAt).toBe("2026-02-04T00:00:00Z");
});

test("one that has ended is this Secret's by its name, and gets another", async () => {
  const world = await ending("10d");
  world.azure.tokens.get(noteIn(world, "n0").identity)?.passwords.delete("password1");
  expect(await type("rotate -n n0", world.ports, on("2026-02-05T00:00:00Z"))).toMatchObject({ code: 0 });
  expect(isAlive(world, "n0")).toBe(true);
});

test("where one was not reached in time, the run that reaches it makes the next one too", async () => {
  const world = fakeWorld();
  addNamespaces(world.cluster, "kube-system", "a", "b");
  await type("create --registry myregistry --repository app/web --namespaces a,b --credential-per scope --expires-in 10d", world.ports);
  const secret = world.cluster.get("secret", "b", "acr-myregistry");
  await type("rotate -n a", world.ports);
  if (secret) world.cluster.put(secret, "kubectl-acr-secret");
  const { code } = await type("rotate -A --expiring-within 14d --grace 0", world.ports, on("2026-01-05T00:00:00Z"));
  expect(code).toBe(0);
  expect(["a", "b"].map((at) => noteIn(world, at).expiresAt?.slice(0, 10))).toEqual(["2026-01-14", "2026-01-14"]);
  expect(["a", "b"].map((at) => isAlive(world, at))).toEqual([true, true]);
});

import { expect, test } from "vitest";
import { linesOf } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { noteIn } from "../../support/rotating.ts";

const on = (moment: string) => ({ now: () => new Date(moment) });

/** Creates one namespace per credential: `n0`, `n1`, and so on. @param options of `create` for each */
async function worldWith(...options: string[]): Promise<FakeWorld> {
  const world = fakeWorld();
  addNamespaces(world.cluster, "kube-system", ...options.map((_, index) => `n${index}`));
  for (const [index, option] of options.entries())
    await type(`create --registry myregistry --repository app/web -n n${index} ${option}`.trim(), world.ports);
  world.asking.forget();
  return world;
}

/** Sets the creation time of the password in a Secret, in Azure and in the annotation. */
function age(world: FakeWorld, at: string, creationTime: string, { annotation = creationTime } = {}): void {
  const { identity, slot = "password1", madeAt = "" } = noteIn(world, at);
  const passwords = world.azure.tokens.get(identity)?.passwords;
  const password = passwords?.get(slot as "password1");
  if (password) passwords?.set(slot as "password1", { ...password, creationTime });
  const secret = world.cluster.get("secret", at, "acr-myregistry");
  const annotations = { "acr-secret/logins": secret?.metadata.annotations?.["acr-secret/logins"]?.replace(madeAt, annotation) ?? "" };
  if (secret) world.cluster.put({ ...secret, metadata: { ...secret.metadata, annotations } }, "kubectl-acr-secret");
}

const rotated = (world: FakeWorld, names: readonly string[]) => names.filter((at) => noteIn(world, at).slot === "password2");

test("rotates passwords that Azure created before the limit when --older-than is given", async () => {
  const world = await worldWith("", "", "--expires-in 90d");
  age(world, "n0", "2025-10-01T00:00:00Z");
  age(world, "n2", "2025-10-02T00:00:00Z");

  const { stderr, code } = await type("rotate -A --older-than 60d", world.ports, on("2026-01-05T00:00:00Z"));

  expect({
    rotated: rotated(world, ["n0", "n1", "n2"]),
    skipped: linesOf(stderr).filter((text) => text.startsWith("skipped")),
    code,
  }).toEqual({
    rotated: ["n0", "n2"],
    skipped: ["skipped 1: not older than 60d"],
    code: 0,
  });
});

test("rotates a password of unknown age when the annotation contradicts Azure", async () => {
  const world = await worldWith("");
  age(world, "n0", "2025-10-01T00:00:00Z", { annotation: "2026-01-04T00:00:00Z" });

  const { code } = await type("rotate -A --older-than 60d", world.ports, on("2026-01-05T00:00:00Z"));

  expect({ slot: noteIn(world, "n0").slot, code }).toEqual({ slot: "password2", code: 0 });
});

test("rotates a password that is younger by the clock of Azure when the limit is 0s", async () => {
  const world = await worldWith("");

  expect(await type("rotate -A --older-than 0s", world.ports, on("2025-12-31T23:59:00Z"))).toMatchObject({ code: 0 });
  expect(rotated(world, ["n0"])).toEqual(["n0"]);
});

test("rotates a credential that meets one of two limits, and counts the others with their reasons", async () => {
  const world = await worldWith("--expires-in 10d", "", "", "", "--expires-in 90d");
  age(world, "n1", "2025-10-01T00:00:00Z");

  const { stderr } = await type("rotate -A --older-than 60d --expiring-within 14d", world.ports, on("2026-01-05T00:00:00Z"));

  expect(rotated(world, ["n0", "n1", "n2", "n3", "n4"])).toEqual(["n0", "n1"]);
  expect(linesOf(stderr).slice(-2)).toEqual([
    "skipped 1: does not expire within 14d, not older than 60d",
    "skipped 2: never expire, not older than 60d",
  ]);
});

test.for(["", "-o json", "-o jsonl", "-o name"])("counts skipped credentials on stderr and leaves stdout empty: %s", async (output) => {
  const world = await worldWith("", "", "--expires-in 90d");

  const { stdout, stderr, code } = await type(`rotate -A --expiring-within 14d ${output}`.trim(), world.ports);

  expect(stdout.replace(/\{[\s\S]*\}\n/, "")).toBe("");
  expect(linesOf(stderr).slice(-2)).toEqual(["skipped 1: does not expire within 14d", "skipped 2: never expire"]);
  expect(code).toBe(0);
});

test("counts a given login of unknown expiry when another credential can be rotated", async () => {
  const world = await worldWith("", "");
  const given = "create given --registry myregistry.azurecr.io --username ci --password-stdin --verify=false -n n1";
  await type(given, world.ports, { stdin: "hunter2" });
  const secret = world.cluster.get("secret", "n0", "acr-myregistry");
  const annotations = { "acr-secret/logins": JSON.stringify([{ ...noteIn(world, "n0"), expiresAt: "some day" }]) };
  if (secret) world.cluster.put({ ...secret, metadata: { ...secret.metadata, annotations } }, "kubectl-acr-secret");

  const { stderr, code } = await type("rotate -A --expiring-within 14d", world.ports);

  expect({ skipped: linesOf(stderr).slice(-3), code }).toEqual({
    skipped: ["skipped 1: never expires", "skipped 1: unknown expiry", "skipped 1: unknown expiry, cannot be rotated here"],
    code: 0,
  });
});

test.for(["-1h", "soon", "0x", "1.5d", ""])("rejects --older-than %s before it asks a server", async (age) => {
  const world = await worldWith("");

  const { stderr, code } = await type(`rotate -A --older-than=${age}`, world.ports);

  expect({ stderr, code }).toEqual({ stderr: expect.stringContaining("--older-than"), code: 1 });
  expect(world.asking.all).toEqual([]);
});

import { expect, test } from "vitest";
import { store } from "../../../src/actions/store.ts";
import type { Secret } from "../../../src/objects.ts";
import { noteClaim, readClaim } from "../../../src/secret/claim.ts";
import { is, losing } from "../../support/fakes/asked.ts";
import { benchOf, type FakeBench } from "../../support/fakes/bench.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { before, change, entry, issued, lost, preconditionOf, put, really, secretIn, to, world } from "./store-setting.ts";

/** Returns a run that has claimed the Secret, which exists already or not. */
async function claiming(in_: FakeWorld, exists = false): Promise<FakeBench> {
  const bench = benchOf(in_, { issued: issued() });
  const old = exists ? preconditionOf(put(in_)) : undefined;
  await bench.claims.acquire({ act: "claim", to, precondition: old });
  return bench;
}

test.for([
  { why: "was made for its claim is made", stood: false },
  { why: "stood before is written", stood: true },
])("a claimed Secret that $why, on the version of the claim, and is claimed no longer", async ({ stood }) => {
  const in_ = world();
  const bench = await claiming(in_, stood);
  const uid = secretIn(in_)?.metadata.uid;

  const outcome = await store.apply(change({ precondition: stood ? preconditionOf(put(world())) : undefined }), bench);

  expect(outcome.change).toEqual({ ...change(), precondition: stood ? { uid, version: expect.any(String) } : undefined });
  expect(in_.loginIn("demo")?.password).toBe("ours");
  expect(secretIn(in_)?.metadata.annotations).not.toHaveProperty("acr-secret/claim");
  expect(bench.claims.on(to)).toBeUndefined();
  expect(in_.asking.writes).toHaveLength(2);
});

test("so is one whose answer was lost", async () => {
  const in_ = world();
  const bench = await claiming(in_);
  in_.asking.around(losing(really("patch secret"), lost));

  expect(await store.apply(change(), bench)).toMatchObject({ change: { act: "store", precondition: undefined }, object: secretIn(in_) });
  expect(bench.claims.on(to)).toBeUndefined();
});

test("one that another run has taken over and that pulls stays its own, and is told as kept", async () => {
  const in_ = world();
  const bench = await claiming(in_);
  in_.azure.users.set("other", "theirs");
  before(in_, "patch secret", () => void put(in_, { username: "other", of: { ...entry, identity: "other" } }));

  expect((await store.apply(change(), bench)).change).toStrictEqual({
    act: "keep",
    to,
    because: "another run wrote a credential that pulls",
  });
});

test.for([
  { why: "which it is", took: false },
  { why: "which has taken over its own", took: true },
])("a write leaves the claim of another run, $why, to that run", async ({ took }) => {
  const in_ = world();
  const theirs = () => {
    const { metadata, ...secret } = put(in_);
    const annotations = { ...metadata.annotations, ...noteClaim("another-run", new Date("2026-01-01T00:01:00Z")) };
    return in_.cluster.put({ ...secret, metadata: { ...metadata, annotations } }, "kubectl-acr-secret");
  };
  const bench = took ? await claiming(in_, true) : benchOf(in_, { issued: issued() });
  if (took) before(in_, "patch secret", () => void theirs());
  const precondition = preconditionOf(took ? (secretIn(in_) as Secret) : theirs());

  await store.apply(change({ precondition }), bench);

  expect(in_.loginIn("demo")?.password).toBe("ours");
  expect(readClaim(secretIn(in_) as Secret)?.by).toBe("another-run");
  expect(bench.claims.on(to)).toBeUndefined();
});

test("one that somebody deletes before it is written is made anew", async () => {
  const in_ = world();
  const bench = await claiming(in_, true);
  before(in_, "patch secret", () => in_.cluster.remove("secret", "demo", "acr-myregistry"));

  await store.apply(change(), bench);

  expect(in_.loginIn("demo")?.password).toBe("ours");
  expect(in_.asking.writes.at(-1)).toBe("create secret demo/acr-myregistry");
});

test("a namespace that is not there is not looked into", async () => {
  const in_ = world();
  in_.cluster.remove("namespace", "", "demo");

  await expect(store.apply(change(), benchOf(in_, { issued: issued() }))).rejects.toMatchObject({ kind: "notFound" });
  expect(in_.asking.all).toEqual(["create secret demo/acr-myregistry"]);
});

test("another's Secret that comes between is not taken over, and the registry is not asked with its login", async () => {
  const in_ = world();
  const foreign = () => {
    const { metadata, ...secret } = put(in_);
    in_.cluster.put({ ...secret, metadata: { name: metadata.name, namespace: "demo" } }, "helm");
  };
  before(in_, "create secret", foreign);

  await expect(store.apply(change(), benchOf(in_, { issued: issued() }))).rejects.toThrow("was not made by kubectl acr-secret");
  expect(in_.asking.all.filter((text) => text.startsWith("prove"))).toEqual([]);
});

test("a dry run, which has no login, looks again too", async () => {
  const in_ = world();
  const old = put(in_);
  let times = 0;
  in_.asking.around(async (asked, next) => {
    if (is("patch secret")(asked) && times++ === 0) put(in_, { password: "changed" });
    return next();
  });

  const outcome = await store.apply(change({ precondition: preconditionOf(old) }), benchOf(in_, { dryRun: "server" }));

  expect(outcome.change).toMatchObject({ act: "store", because: "holds another credential" });
  expect(times).toBe(2);
});

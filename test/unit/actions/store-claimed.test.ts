import { expect, test } from "vitest";
import { store } from "../../../src/actions/store.ts";
import type { Secret } from "../../../src/objects.ts";
import { newClaim, readClaim } from "../../../src/secret/claim.ts";
import { is, losing } from "../../support/fakes/asked.ts";
import { envOf, type FakeEnv } from "../../support/fakes/env.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { before, change, entry, issued, lost, preconditionOf, put, really, secretIn, to, world } from "./store-setting.ts";

/** Returns a run that has claimed the Secret, which exists already or not. */
async function claiming(in_: FakeWorld, exists = false): Promise<FakeEnv> {
  const env = envOf(in_, { issued: issued() });
  const old = exists ? preconditionOf(put(in_)) : undefined;
  await env.claims.acquire({ act: "claim", to, precondition: old });
  return env;
}

test.for([
  { why: "was created for its claim", existed: false },
  { why: "existed before", existed: true },
])("writes the claimed version of a Secret that $why, and ends the claim", async ({ existed }) => {
  const in_ = world();
  const env = await claiming(in_, existed);
  const uid = secretIn(in_)?.metadata.uid;

  const outcome = await store.apply(change({ precondition: existed ? preconditionOf(put(world())) : undefined }), env);

  expect(outcome.change).toEqual({ ...change(), precondition: existed ? { uid, version: expect.any(String) } : undefined });
  expect(in_.loginIn("demo")?.password).toBe("ours");
  expect(secretIn(in_)?.metadata.annotations).not.toHaveProperty("acr-secret/claim");
  expect(env.claims.on(to)).toBeUndefined();
  expect(in_.asking.writes).toHaveLength(2);
});

test("ends the claim when the response to the write was lost", async () => {
  const in_ = world();
  const env = await claiming(in_);
  in_.asking.around(losing(really("patch secret"), lost));

  expect(await store.apply(change(), env)).toMatchObject({ change: { act: "store", precondition: undefined }, object: secretIn(in_) });
  expect(env.claims.on(to)).toBeUndefined();
});

test("keeps a claimed Secret when another run has taken it over and its login pulls", async () => {
  const in_ = world();
  const env = await claiming(in_);
  in_.azure.users.set("other", "theirs");
  before(in_, "patch secret", () => void put(in_, { username: "other", of: { ...entry, identity: "other" } }));

  expect((await store.apply(change(), env)).change).toStrictEqual({
    act: "keep",
    to,
    because: "another run wrote a credential that pulls",
  });
});

test.for([
  { why: "the claim existed before", took: false },
  { why: "the other run has taken over", took: true },
])("keeps the claim of another run when it writes: $why", async ({ took }) => {
  const in_ = world();
  const theirs = () => {
    const { metadata, ...secret } = put(in_);
    const annotations = { ...metadata.annotations, ...newClaim("another-run", new Date("2026-01-01T00:01:00Z")) };
    return in_.cluster.put({ ...secret, metadata: { ...metadata, annotations } }, "kubectl-acr-secret");
  };
  const env = took ? await claiming(in_, true) : envOf(in_, { issued: issued() });
  if (took) before(in_, "patch secret", () => void theirs());
  const precondition = preconditionOf(took ? (secretIn(in_) as Secret) : theirs());

  await store.apply(change({ precondition }), env);

  expect(in_.loginIn("demo")?.password).toBe("ours");
  expect(readClaim(secretIn(in_) as Secret)?.by).toBe("another-run");
  expect(env.claims.on(to)).toBeUndefined();
});

test("creates a claimed Secret again when another user has deleted it", async () => {
  const in_ = world();
  const env = await claiming(in_, true);
  before(in_, "patch secret", () => in_.cluster.remove("secret", "demo", "acr-myregistry"));

  await store.apply(change(), env);

  expect(in_.loginIn("demo")?.password).toBe("ours");
  expect(in_.asking.writes.at(-1)).toBe("create secret demo/acr-myregistry");
});

test("reads nothing when the namespace does not exist", async () => {
  const in_ = world();
  in_.cluster.remove("namespace", "", "demo");

  await expect(store.apply(change(), envOf(in_, { issued: issued() }))).rejects.toMatchObject({ kind: "notFound" });
  expect(in_.asking.all).toEqual(["create secret demo/acr-myregistry"]);
});

test("refuses another tool's Secret that appears before the write, and does not try its login", async () => {
  const in_ = world();
  const foreign = () => {
    const { metadata, ...secret } = put(in_);
    in_.cluster.put({ ...secret, metadata: { name: metadata.name, namespace: "demo" } }, "helm");
  };
  before(in_, "create secret", foreign);

  await expect(store.apply(change(), envOf(in_, { issued: issued() }))).rejects.toThrow("was not created by kubectl acr-secret");
  expect(in_.asking.all.filter((text) => text.startsWith("prove"))).toEqual([]);
});

test("reads the Secret again after a conflict in a dry run", async () => {
  const in_ = world();
  const old = put(in_);
  let times = 0;
  in_.asking.around(async (asked, next) => {
    if (is("patch secret")(asked) && times++ === 0) put(in_, { password: "changed" });
    return next();
  });

  const outcome = await store.apply(change({ precondition: preconditionOf(old) }), envOf(in_, { dryRun: "server" }));

  expect(outcome.change).toMatchObject({ act: "store", because: "holds another credential" });
  expect(times).toBe(2);
});

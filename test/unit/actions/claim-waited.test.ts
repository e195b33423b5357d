import { expect, test } from "vitest";
import { Conflict } from "../../../src/errors.ts";
import type { Secret } from "../../../src/objects.ts";
import { is, losing, refusing } from "../../support/fakes/asked.ts";
import { envOf } from "../../support/fakes/env.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { began, claimIn, clock, no, put, secretIn, theirs, to, world } from "./claim-setting.ts";
import { lost, preconditionOf } from "./store-setting.ts";

test("waits and reports a conflict when another run has a claim", async () => {
  const in_ = world();
  const precondition = { ...preconditionOf(put(in_, theirs)), claim: theirs };
  let polls = 0;
  in_.asking.around(async (asked, next) => {
    if (is("get secret")(asked) && ++polls === 3) put(in_);
    return next();
  });
  const env = envOf(in_);

  await expect(env.claims.acquire({ act: "claim", to, precondition })).rejects.toEqual(
    new Conflict('another run is writing secret "acr" in namespace "demo"'),
  );
  expect(env.slept).toEqual([500, 500, 500]);
  expect(env.shown).toEqual(["Waiting for another run that writes secret acr"]);
});

test("reports a conflict when another run has ended or renewed its claim", async () => {
  for (const move of [
    (in_: FakeWorld) => in_.cluster.remove("secret", "demo", "acr"),
    (in_: FakeWorld) => put(in_, { ...theirs, until: "later" }),
  ]) {
    const in_ = world();
    const precondition = { ...preconditionOf(put(in_, theirs)), claim: theirs };
    move(in_);
    await expect(envOf(in_).claims.acquire({ act: "claim", to, precondition })).rejects.toThrow(Conflict);
  }
});

test.for([
  { why: "the claim has expired", until: "2025-12-31T23:59:59Z", waits: 0 },
  { why: "the claim expires soon", until: "2026-01-01T00:00:10Z", waits: 20 },
  { why: "the clock of its run is ahead, and the run did nothing for a claim lifetime", until: "2026-01-01T00:00:35Z", waits: 60 },
  { why: "the claim expires later than any run can write", until: "2026-01-01T00:00:36Z", waits: 0 },
  { why: "the claim expires in another century", until: "2999-01-01T00:00:00Z", waits: 0 },
])("takes over the claim of a run that crashed: $why", async ({ until, waits }) => {
  const in_ = world();
  const dead = { by: "another-run", until };
  const time = clock();
  const env = envOf(in_, { now: time.now, sleep: time.sleep });

  await env.claims.acquire({ act: "claim", to, precondition: { ...preconditionOf(put(in_, dead)), claim: dead } });

  expect(time.waits).toHaveLength(waits);
  expect(claimIn(in_)).toMatchObject({ by: "this-run" });
});

test("stops the wait when the run is interrupted", async () => {
  const in_ = world();
  const precondition = { ...preconditionOf(put(in_, theirs)), claim: theirs };
  const env = envOf(in_);
  env.interrupt();

  await expect(env.claims.acquire({ act: "claim", to, precondition })).rejects.toMatchObject({
    kind: "cancelled",
    message: "interrupted",
  });
  expect(env.slept).toEqual([500]);
});

test.for([
  { after: 9_999, writes: 0 },
  { after: 10_000, writes: 1 },
])("renews a claim with $writes writes when it is $after ms old", async ({ after, writes }) => {
  const in_ = world();
  const { now, sleep } = clock();
  const env = envOf(in_, { now, sleep });
  await env.claims.acquire({ act: "claim", to, precondition: undefined });
  await sleep(after);
  in_.asking.forget();

  await env.claims.renew();

  expect(in_.asking.writes).toHaveLength(writes);
  expect(claimIn(in_).until).toBe(new Date(began.getTime() + 30_000 + after * writes).toISOString());
  expect(env.claims.on(to)?.precondition).toEqual(preconditionOf(secretIn(in_) as Secret));
  in_.asking.forget();
  await env.claims.renew();
  expect(in_.asking.writes).toEqual([]);
});

/** Creates a claim that is old enough to be renewed. */
async function old(in_: FakeWorld) {
  const { now, sleep } = clock();
  const env = envOf(in_, { now, sleep });
  await env.claims.acquire({ act: "claim", to, precondition: undefined });
  await sleep(20_000);
  return env;
}

test("renews a claim when another writer has changed something else", async () => {
  const in_ = world();
  const env = await old(in_);
  const secret = secretIn(in_) as Secret;
  in_.cluster.put({ ...secret, metadata: { ...secret.metadata, labels: { ...secret.metadata.labels, team: "web" } } });

  await env.claims.renew();

  expect(claimIn(in_)).toEqual({ by: "this-run", until: "2026-01-01T00:00:50.005Z" });
  expect(secretIn(in_)?.metadata.labels).toMatchObject({ team: "web" });
});

test.for<{ why: string; act(in_: FakeWorld): unknown }>([
  { why: "another run has taken over", act: (in_) => put(in_, theirs) },
  { why: "another user has deleted the Secret", act: ({ cluster }) => cluster.remove("secret", "demo", "acr") },
])("fails to renew a claim when $why", async ({ act }) => {
  const in_ = world();
  const env = await old(in_);
  act(in_);

  await expect(env.claims.renew()).rejects.toThrow('another run has taken over secret "acr" in namespace "demo"');
});

test("throws the refusal when a claim may not be renewed", async () => {
  const in_ = world();
  const env = await old(in_);
  in_.asking.around(refusing(is("patch secret"), no));

  await expect(env.claims.renew()).rejects.toMatchObject({ kind: "forbidden", message: "no" });
});

test("reads the Secret when the response to a claim was lost and it is renewed", async () => {
  const in_ = world();
  const env = envOf(in_);
  in_.asking.around(losing(is("create secret"), lost));
  const calm = in_.asking.around(refusing(is("get secret"), no));
  await expect(env.claims.acquire({ act: "claim", to, precondition: undefined })).rejects.toThrow("the answer was lost");
  calm();

  await env.claims.renew();

  expect(env.claims.on(to)).toEqual({ to, created: true, precondition: preconditionOf(secretIn(in_) as Secret), at: began });
});

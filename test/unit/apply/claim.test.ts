import { expect, test } from "vitest";
import { claim, renewClaims } from "../../../src/apply/claim.ts";
import { endClaims } from "../../../src/apply/release.ts";
import { newRun, type Run } from "../../../src/apply/tools.ts";
import { CliError, Conflict } from "../../../src/errors.ts";
import { keyOf } from "../../../src/kinds.ts";
import type { Secret } from "../../../src/objects.ts";
import { encodeDockerConfig } from "../../../src/secret/docker-config.ts";
import { claimPatch, pullSecret } from "../../../src/secret/pull-secret.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import { is, losing, refusing } from "../../support/fakes/asked.ts";
import { benchOf } from "../../support/fakes/bench.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";

const to = { kind: "secret", namespace: "demo", name: "acr" } as const;
const note = "acr-secret/claim";
const began = new Date("2026-01-01T00:00:00Z");
const end = "2026-01-01T00:00:30.000Z";
const theirs = { by: "another-run", until: end };
const no = () => new CliError("forbidden", "no");
const lost = () => new CliError("unreachable", "the answer was lost");

function world(): FakeWorld {
  const made = fakeWorld();
  addNamespaces(made.cluster, "demo");
  return made;
}

/** A Secret of this plugin with a login, and what else is noted on it. */
function put({ cluster }: FakeWorld, claimed?: object): Secret {
  const entry = { hosts: ["r.azurecr.io"], kind: "acr-token", identity: "t" };
  const secret = pullSecret(to, entry, encodeDockerConfig("r.azurecr.io", { username: "t", password: new Sensitive("p") }));
  const annotations = { ...secret.metadata.annotations, ...(claimed && { [note]: JSON.stringify(claimed) }) };
  return cluster.put({ ...secret, metadata: { ...secret.metadata, annotations } }, "kubectl-acr-secret");
}

const secretIn = ({ cluster }: FakeWorld) => cluster.get("secret", "demo", "acr");
const claimIn = (in_: FakeWorld) => JSON.parse(secretIn(in_)?.metadata.annotations?.[note] ?? "null");
const standing = ({ metadata: { uid = "", resourceVersion: version = "" } }: Secret) => ({ uid, version });

/** A clock that moves with each wait. */
function clock() {
  let at = began.getTime();
  const waits: number[] = [];
  const sleep = async (milliseconds: number) => {
    at += milliseconds;
    waits.push(milliseconds);
  };
  return { now: () => new Date(at), sleep, waits };
}

async function claimed(in_: FakeWorld, stands: Secret | undefined, run: Run = newRun()) {
  const bench = benchOf(in_, { run });
  await claim({ act: "claim", to, stands: stands && standing(stands) }, bench);
  return bench;
}

test("where there is no Secret, an empty one is made, and goes again with the claim", async () => {
  const in_ = world();
  const bench = await claimed(in_, undefined);

  expect(secretIn(in_)).toMatchObject({
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": Buffer.from('{"auths":{}}').toString("base64") },
    metadata: { labels: { "app.kubernetes.io/managed-by": "kubectl-acr-secret" }, annotations: { "acr-secret/logins": "[]" } },
  });
  expect(claimIn(in_)).toEqual({ by: "this-run", until: end });

  expect(await endClaims(bench)).toEqual([]);
  expect(secretIn(in_)).toBeUndefined();
});

test("one that stands keeps all that it has, and gets it back as it was", async () => {
  const in_ = world();
  const before = put(in_);
  const bench = await claimed(in_, before);

  expect(claimIn(in_)).toEqual({ by: "this-run", until: end });
  expect(secretIn(in_)?.data).toEqual(before.data);

  expect(await endClaims(bench)).toEqual([]);
  expect(secretIn(in_)?.metadata.annotations).toEqual(before.metadata.annotations);
  expect(secretIn(in_)?.data).toEqual(before.data);
});

test("a Secret that has come to hold a login does not go, though its claim ends", async () => {
  const in_ = world();
  const bench = await claimed(in_, undefined);
  put(in_, { by: "this-run", until: end });

  await endClaims(bench);

  expect(secretIn(in_)?.data).toEqual(put(world()).data);
  expect(claimIn(in_)).toBeNull();
});

test("another run's claim is left alone", async () => {
  const in_ = world();
  const bench = await claimed(in_, undefined);
  put(in_, theirs);
  in_.asking.forget();

  expect(await endClaims(bench)).toEqual([]);
  expect(claimIn(in_)).toEqual(theirs);
  expect(in_.asking.writes).toEqual([]);
});

test("who may not delete the empty Secret ends the claim at least, and tells what is left", async () => {
  const in_ = world();
  const bench = await claimed(in_, undefined);
  in_.asking.around(refusing(is("delete secret"), no));

  expect(await endClaims(bench)).toMatchObject([
    {
      change: { act: "release", to },
      error: { message: "no" },
      says: ["secret/acr is left without a login: kubectl delete secret acr --namespace demo"],
    },
  ]);
  expect(claimIn(in_)).toBeNull();
});

test("a claim that could not be ended on a Secret that stood before comes to its end, and is not told", async () => {
  const in_ = world();
  const bench = await claimed(in_, put(in_));
  in_.asking.around(refusing(is("patch secret"), no));

  expect(await endClaims(bench)).toEqual([]);
  expect(claimIn(in_)).toEqual({ by: "this-run", until: end });
});

test("a Secret that another run has made or written since is a conflict, and nothing is claimed", async () => {
  const in_ = world();
  const old = standing(put(in_));
  in_.cluster.put({ ...(secretIn(in_) as Secret), immutable: false });
  const bench = benchOf(in_);

  await expect(claim({ act: "claim", to, stands: undefined }, bench)).rejects.toThrow(Conflict);
  await expect(claim({ act: "claim", to, stands: old }, bench)).rejects.toThrow(Conflict);
  expect(bench.run.claims.size).toBe(0);
  expect(claimIn(in_)).toBeNull();
});

test("a claim whose answer was lost is looked for; where nobody can tell, it is ended later", async () => {
  const found = world();
  found.asking.around(losing(is("create secret"), lost));
  expect((await claimed(found, undefined)).run.claims.get(keyOf(to))).toMatchObject({
    made: true,
    stands: standing(secretIn(found) as Secret),
  });

  const gone = world();
  gone.asking.around(refusing(is("create secret"), lost));
  await expect(claimed(gone, undefined)).rejects.toThrow("the answer was lost");

  const unknown = world();
  unknown.asking.around(losing(is("create secret"), lost));
  const calm = unknown.asking.around(refusing(is("get secret"), no));
  const bench = benchOf(unknown);
  await expect(claim({ act: "claim", to, stands: undefined }, bench)).rejects.toThrow("the answer was lost");
  calm();
  await endClaims(bench);
  expect(secretIn(unknown)).toBeUndefined();
});

test("another run that is at it is waited for, and what it leaves is to be looked at anew", async () => {
  const in_ = world();
  const stands = { ...standing(put(in_, theirs)), claim: theirs };
  let polls = 0;
  in_.asking.around(async (asked, next) => {
    if (is("get secret")(asked) && ++polls === 3) put(in_);
    return next();
  });
  const bench = benchOf(in_);

  await expect(claim({ act: "claim", to, stands }, bench)).rejects.toThrow(Conflict);
  expect(bench.slept).toEqual([500, 500, 500]);
  expect(bench.shown).toEqual(["Waiting for another run that makes secret acr"]);
});

test("so is one that gives up, and one that goes on for longer", async () => {
  for (const move of [
    (in_: FakeWorld) => in_.cluster.remove("secret", "demo", "acr"),
    (in_: FakeWorld) => put(in_, { ...theirs, until: "later" }),
  ]) {
    const in_ = world();
    const stands = { ...standing(put(in_, theirs)), claim: theirs };
    move(in_);
    await expect(claim({ act: "claim", to, stands }, benchOf(in_))).rejects.toThrow(Conflict);
  }
});

test.for([
  { why: "it has come to its end", until: "2025-12-31T23:59:59Z", waits: 0 },
  { why: "it comes to its end", until: "2026-01-01T00:00:10Z", waits: 20 },
  { why: "its clock is ahead, and it did nothing for as long as a claim lasts", until: "2027-01-01T00:00:00Z", waits: 60 },
])("the claim of a run that died is taken over: $why", async ({ until, waits }) => {
  const in_ = world();
  const dead = { by: "another-run", until };
  const time = clock();
  const bench = benchOf(in_, { now: time.now, sleep: time.sleep });

  await claim({ act: "claim", to, stands: { ...standing(put(in_, dead)), claim: dead } }, bench);

  expect(time.waits).toHaveLength(waits);
  expect(claimIn(in_)).toMatchObject({ by: "this-run" });
});

test("an interruption ends the wait", async () => {
  const in_ = world();
  const stands = { ...standing(put(in_, theirs)), claim: theirs };
  const bench = benchOf(in_);
  bench.interrupt();

  await expect(claim({ act: "claim", to, stands }, bench)).rejects.toMatchObject({ kind: "cancelled", message: "interrupted" });
  expect(bench.slept).toEqual([500]);
});

test.for([
  { after: 9_999, writes: 0 },
  { after: 10_000, writes: 1 },
])("a claim is renewed before a password is made if it is $after ms old: $writes writes", async ({ after, writes }) => {
  const in_ = world();
  const { now, sleep } = clock();
  const bench = benchOf(in_, { now, sleep });
  await claim({ act: "claim", to, stands: undefined }, bench);
  await sleep(after);
  in_.asking.forget();

  await renewClaims(bench);

  expect(in_.asking.writes).toHaveLength(writes);
  expect(claimIn(in_).until).toBe(new Date(began.getTime() + 30_000 + after * writes).toISOString());
  expect(bench.run.claims.get(keyOf(to))?.stands).toEqual(standing(secretIn(in_) as Secret));
  in_.asking.forget();
  await renewClaims(bench);
  expect(in_.asking.writes).toEqual([]);
});

/** A claim that is old enough to be renewed. */
async function old(in_: FakeWorld) {
  const { now, sleep } = clock();
  const bench = benchOf(in_, { now, sleep });
  await claim({ act: "claim", to, stands: undefined }, bench);
  await sleep(20_000);
  return bench;
}

test("another writer who leaves the claim alone does not end it", async () => {
  const in_ = world();
  const bench = await old(in_);
  const secret = secretIn(in_) as Secret;
  in_.cluster.put({ ...secret, metadata: { ...secret.metadata, labels: { ...secret.metadata.labels, team: "web" } } });

  await renewClaims(bench);

  expect(claimIn(in_)).toEqual({ by: "this-run", until: "2026-01-01T00:00:50.005Z" });
  expect(secretIn(in_)?.metadata.labels).toMatchObject({ team: "web" });
});

test.for<{ why: string; act(in_: FakeWorld): unknown }>([
  { why: "another run has taken over", act: (in_) => put(in_, theirs) },
  { why: "somebody has deleted the Secret", act: ({ cluster }) => cluster.remove("secret", "demo", "acr") },
])("a claim that is lost is not renewed: $why", async ({ act }) => {
  const in_ = world();
  const bench = await old(in_);
  act(in_);

  await expect(renewClaims(bench)).rejects.toThrow('another run has taken over secret "acr" in namespace "demo"');
});

test("a claim that may not be renewed ends the run", async () => {
  const in_ = world();
  const bench = await old(in_);
  in_.asking.around(refusing(is("patch secret"), no));

  await expect(renewClaims(bench)).rejects.toThrow("no");
});

test("the patch of a claim is held to a version, and takes nothing but the claim away", () => {
  expect(claimPatch("7", undefined)).toEqual({ metadata: { resourceVersion: "7", annotations: { [note]: null } } });
});

import { expect, test } from "vitest";
import { Conflict, Interrupted } from "../../../src/errors.ts";
import type { Secret } from "../../../src/objects.ts";
import { claimPatch, unclaimed } from "../../../src/secret/pull-secret.ts";
import { is, losing, refusing } from "../../support/fakes/asked.ts";
import { benchOf } from "../../support/fakes/bench.ts";
import { claimed, claimIn, end, no, note, put, secretIn, theirs, to, world } from "./claim-setting.ts";
import { lost, preconditionOf } from "./store-setting.ts";

test("where there is no Secret, an empty one is made, and goes again with the claim", async () => {
  const in_ = world();
  const bench = await claimed(in_, undefined);

  expect(secretIn(in_)).toMatchObject({
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": Buffer.from('{"auths":{}}').toString("base64") },
    metadata: { labels: { "app.kubernetes.io/managed-by": "kubectl-acr-secret" }, annotations: { "acr-secret/logins": "[]" } },
  });
  expect(claimIn(in_)).toEqual({ by: "this-run", until: end });

  expect(await bench.claims.release()).toEqual([]);
  expect(secretIn(in_)).toBeUndefined();
});

test("one that stands keeps all that it has, and gets it back as it was", async () => {
  const in_ = world();
  const before = put(in_);
  const bench = await claimed(in_, before);

  expect(claimIn(in_)).toEqual({ by: "this-run", until: end });
  expect(secretIn(in_)?.data).toEqual(before.data);

  expect(await bench.claims.release()).toEqual([]);
  expect(secretIn(in_)?.metadata.annotations).toEqual(before.metadata.annotations);
  expect(secretIn(in_)?.data).toEqual(before.data);
});

test("a Secret that has come to hold a login does not go, though its claim ends", async () => {
  const in_ = world();
  const bench = await claimed(in_, undefined);
  put(in_, { by: "this-run", until: end });

  await bench.claims.release();

  expect(secretIn(in_)?.data).toEqual(put(world()).data);
  expect(claimIn(in_)).toBeNull();
});

test("another run's claim is left alone", async () => {
  const in_ = world();
  const bench = await claimed(in_, undefined);
  put(in_, theirs);
  in_.asking.forget();

  expect(await bench.claims.release()).toEqual([]);
  expect(claimIn(in_)).toEqual(theirs);
  expect(in_.asking.writes).toEqual([]);
});

test("who may not delete the empty Secret ends the claim at least, and tells what is left", async () => {
  const in_ = world();
  const bench = await claimed(in_, undefined);
  in_.asking.around(refusing(is("delete secret"), no));

  expect(await bench.claims.release()).toMatchObject([
    {
      change: { act: "claim", to },
      error: { message: "no" },
      says: ["secret/acr is left without a login"],
      fix: { kubectl: "delete secret", args: ["acr"], namespace: "demo" },
    },
  ]);
  expect(claimIn(in_)).toBeNull();
});

test("a claim that could not be ended on a Secret that stood before comes to its end, and is not told", async () => {
  const in_ = world();
  const bench = await claimed(in_, put(in_));
  in_.asking.around(refusing(is("patch secret"), no));

  expect(await bench.claims.release()).toEqual([]);
  expect(claimIn(in_)).toEqual({ by: "this-run", until: end });
});

test("a Secret that another run has made or written since is a conflict, and nothing is claimed", async () => {
  const in_ = world();
  const old = preconditionOf(put(in_));
  in_.cluster.put({ ...(secretIn(in_) as Secret), immutable: false });
  const bench = benchOf(in_);

  await expect(bench.claims.acquire({ act: "claim", to, precondition: undefined })).rejects.toThrow(Conflict);
  await expect(bench.claims.acquire({ act: "claim", to, precondition: old })).rejects.toThrow(Conflict);
  expect(bench.claims.on(to)).toBeUndefined();
  expect(claimIn(in_)).toBeNull();
});

test("a claim whose answer was lost is looked for; where nobody can tell, it is ended later", async () => {
  const found = world();
  found.asking.around(losing(is("create secret"), lost));
  expect((await claimed(found, undefined)).claims.on(to)).toMatchObject({
    made: true,
    precondition: preconditionOf(secretIn(found) as Secret),
  });

  const gone = world();
  gone.asking.around(refusing(is("create secret"), lost));
  await expect(claimed(gone, undefined)).rejects.toThrow("the answer was lost");

  const unknown = world();
  unknown.asking.around(losing(is("create secret"), lost));
  const calm = unknown.asking.around(refusing(is("get secret"), no));
  const bench = benchOf(unknown);
  await expect(bench.claims.acquire({ act: "claim", to, precondition: undefined })).rejects.toThrow("the answer was lost");
  calm();
  await bench.claims.release();
  expect(secretIn(unknown)).toBeUndefined();
});

test.for<{ error: () => Error; kept: boolean }>([
  { error: () => new Interrupted(), kept: true },
  { error: no, kept: false },
  { error: () => new TypeError("a defect"), kept: true },
])("of a claim that fails otherwise nobody asks whether it stands: $error", async ({ error, kept }) => {
  const in_ = world();
  in_.asking.around(refusing(is("create secret"), error));
  const bench = benchOf(in_);

  await expect(bench.claims.acquire({ act: "claim", to, precondition: undefined })).rejects.toThrow(error().message);
  expect(in_.asking.all).toEqual(["create secret demo/acr"]);
  expect(bench.claims.on(to) !== undefined).toBe(kept);
});

test("a claim gives the Secret as it is since", async () => {
  const in_ = world();

  expect(await benchOf(in_).claims.acquire({ act: "claim", to, precondition: undefined })).toEqual(secretIn(in_));
});

test("the patch of a claim is held to a version, and takes nothing but the claim away", () => {
  expect(claimPatch("7", unclaimed)).toEqual({ metadata: { resourceVersion: "7", annotations: { [note]: null } } });
});

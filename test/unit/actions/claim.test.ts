import { expect, test } from "vitest";
import { Conflict, Interrupted } from "../../../src/errors.ts";
import type { Secret } from "../../../src/objects.ts";
import { claimPatch, unclaimed } from "../../../src/secret/pull-secret.ts";
import { is, losing, refusing } from "../../support/fakes/asked.ts";
import { envOf } from "../../support/fakes/env.ts";
import { claimed, claimIn, end, no, note, put, secretIn, theirs, to, world } from "./claim-setting.ts";
import { lost, preconditionOf } from "./store-setting.ts";

test("creates an empty Secret for a claim and deletes it when the claim ends", async () => {
  const in_ = world();
  const env = await claimed(in_, undefined);

  expect(secretIn(in_)).toMatchObject({
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": Buffer.from('{"auths":{}}').toString("base64") },
    metadata: { labels: { "app.kubernetes.io/managed-by": "kubectl-acr-secret" }, annotations: { "acr-secret/logins": "[]" } },
  });
  expect(claimIn(in_)).toEqual({ by: "this-run", until: end });

  expect(await env.claims.release()).toEqual([]);
  expect(secretIn(in_)).toBeUndefined();
});

test("restores a Secret when its claim ends", async () => {
  const in_ = world();
  const before = put(in_);
  const env = await claimed(in_, before);

  expect(claimIn(in_)).toEqual({ by: "this-run", until: end });
  expect(secretIn(in_)?.data).toEqual(before.data);

  expect(await env.claims.release()).toEqual([]);
  expect(secretIn(in_)?.metadata.annotations).toEqual(before.metadata.annotations);
  expect(secretIn(in_)?.data).toEqual(before.data);
});

test("keeps a Secret that was created for a claim when it holds a login", async () => {
  const in_ = world();
  const env = await claimed(in_, undefined);
  put(in_, { by: "this-run", until: end });

  await env.claims.release();

  expect(secretIn(in_)?.data).toEqual(put(world()).data);
  expect(claimIn(in_)).toBeNull();
});

test("keeps the claim of another run when its own is released", async () => {
  const in_ = world();
  const env = await claimed(in_, undefined);
  put(in_, theirs);
  in_.asking.forget();

  expect(await env.claims.release()).toEqual([]);
  expect(claimIn(in_)).toEqual(theirs);
  expect(in_.asking.writes).toEqual([]);
});

test("ends the claim and reports the empty Secret when it may not be deleted", async () => {
  const in_ = world();
  const env = await claimed(in_, undefined);
  in_.asking.around(refusing(is("delete secret"), no));

  expect(await env.claims.release()).toMatchObject([
    {
      change: { act: "claim", to },
      error: { message: "no" },
      messages: ["secret/acr still exists, without a login"],
      fix: { kubectl: "delete secret", args: ["acr"], namespace: "demo" },
    },
  ]);
  expect(claimIn(in_)).toBeNull();
});

test("reports nothing when the claim on an earlier Secret cannot be ended", async () => {
  const in_ = world();
  const env = await claimed(in_, put(in_));
  in_.asking.around(refusing(is("patch secret"), no));

  expect(await env.claims.release()).toEqual([]);
  expect(claimIn(in_)).toEqual({ by: "this-run", until: end });
});

test("claims nothing when another run has written the Secret", async () => {
  const in_ = world();
  const old = preconditionOf(put(in_));
  in_.cluster.put({ ...(secretIn(in_) as Secret), immutable: false });
  const env = envOf(in_);

  await expect(env.claims.acquire({ act: "claim", to, precondition: undefined })).rejects.toThrow(Conflict);
  await expect(env.claims.acquire({ act: "claim", to, precondition: old })).rejects.toThrow(Conflict);
  expect(env.claims.on(to)).toBeUndefined();
  expect(claimIn(in_)).toBeNull();
});

test("reads the Secret when the response to its claim was lost", async () => {
  const found = world();
  found.asking.around(losing(is("create secret"), lost));
  expect((await claimed(found, undefined)).claims.on(to)).toMatchObject({
    created: true,
    precondition: preconditionOf(secretIn(found) as Secret),
  });

  const gone = world();
  gone.asking.around(refusing(is("create secret"), lost));
  await expect(claimed(gone, undefined)).rejects.toThrow("the answer was lost");

  const unknown = world();
  unknown.asking.around(losing(is("create secret"), lost));
  const calm = unknown.asking.around(refusing(is("get secret"), no));
  const env = envOf(unknown);
  await expect(env.claims.acquire({ act: "claim", to, precondition: undefined })).rejects.toThrow("the answer was lost");
  calm();
  await env.claims.release();
  expect(secretIn(unknown)).toBeUndefined();
});

test.for<{ error: () => Error; kept: boolean }>([
  { error: () => new Interrupted(), kept: true },
  { error: no, kept: false },
  { error: () => new TypeError("a defect"), kept: true },
])("does not read the Secret when its claim fails with $error", async ({ error, kept }) => {
  const in_ = world();
  in_.asking.around(refusing(is("create secret"), error));
  const env = envOf(in_);

  await expect(env.claims.acquire({ act: "claim", to, precondition: undefined })).rejects.toThrow(error().message);
  expect(in_.asking.all).toEqual(["create secret demo/acr"]);
  expect(env.claims.on(to) !== undefined).toBe(kept);
});

test("returns the claimed Secret", async () => {
  const in_ = world();

  expect(await envOf(in_).claims.acquire({ act: "claim", to, precondition: undefined })).toEqual(secretIn(in_));
});

test("removes only the claim, from one version of the Secret", () => {
  expect(claimPatch("7", unclaimed)).toEqual({ metadata: { resourceVersion: "7", annotations: { [note]: null } } });
});

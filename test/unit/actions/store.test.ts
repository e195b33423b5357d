import { expect, test } from "vitest";
import type { IssuedLogin } from "../../../src/actions/outcome.ts";
import { store } from "../../../src/actions/store.ts";
import { CliError } from "../../../src/errors.ts";
import type { Secret } from "../../../src/objects.ts";
import type { Entry } from "../../../src/secret/entry.ts";
import { pullSecret } from "../../../src/secret/pull-secret.ts";
import { losing, refusing } from "../../support/fakes/asked.ts";
import { envOf } from "../../support/fakes/env.ts";
import { before, change, entry, entryIn, issued, preconditionOf, put, really, refused, secretIn, to, world } from "./store-setting.ts";

test("creates a Secret with the login and its annotation when it does not exist", async () => {
  const in_ = world();

  const outcome = await store.apply(change(), envOf(in_, { issued: issued() }));

  expect(in_.loginIn("demo")).toMatchObject({ username: "ci", password: "ours" });
  expect(entryIn(in_)).toEqual(entry);
  expect(outcome).toMatchObject({ change: { act: "store", because: "it does not exist" }, object: secretIn(in_) });
});

test.for<{ why: string; of: Partial<Entry>; metadata: IssuedLogin["metadata"]; noted: Partial<Entry> }>([
  { why: "no time is known", of: {}, metadata: undefined, noted: {} },
  {
    why: "its creation and its expiry in Azure",
    of: {},
    metadata: { madeAt: "M", expiresAt: "E" },
    noted: { madeAt: "M", expiresAt: "E" },
  },
  {
    why: "the expiry in Azure instead of the requested one",
    of: { expiresAt: "wished" },
    metadata: { expiresAt: "E" },
    noted: { expiresAt: "E" },
  },
  {
    why: "the requested expiry when Azure returns none",
    of: { expiresAt: "wished" },
    metadata: { madeAt: "M" },
    noted: { madeAt: "M", expiresAt: "wished" },
  },
  {
    why: "the recorded time of a login that the Secret holds already",
    of: { madeAt: "old", expiresAt: "end" },
    metadata: undefined,
    noted: { madeAt: "old", expiresAt: "end" },
  },
])("records the times of a password: $why", async ({ of, metadata, noted }) => {
  const in_ = world();

  await store.apply(change({ entry: { ...entry, ...of } }), envOf(in_, { issued: issued(metadata && { metadata }) }));

  expect(JSON.stringify(entryIn(in_))).toBe(JSON.stringify({ ...entry, ...noted }));
});

test("writes the version that was read and keeps the other fields", async () => {
  const in_ = world();
  const old = in_.cluster.put(
    { ...put(in_), metadata: { ...put(in_).metadata, labels: { ...put(in_).metadata.labels, team: "web" } } },
    "kubectl-acr-secret",
  );

  await store.apply(change({ precondition: preconditionOf(old) }), envOf(in_, { issued: issued() }));

  expect(in_.loginIn("demo")?.password).toBe("ours");
  expect(secretIn(in_)?.metadata).toMatchObject({ uid: old.metadata.uid, labels: { team: "web" } });
});

test("overwrites a Secret whose note has no login", async () => {
  const in_ = world();
  before(in_, "create secret", () => void in_.cluster.put(pullSecret(to, entry, "{}"), "kubectl-acr-secret"));

  await store.apply(change(), envOf(in_, { issued: issued() }));

  expect(in_.loginIn("demo")?.password).toBe("ours");
});

test.for(["unreachable", "timeout"] as const)("reads the Secret when the response was lost (%s)", async (kind) => {
  const in_ = world();
  in_.asking.around(losing(really("create secret"), () => new CliError(kind, "lost")));

  expect(await store.apply(change(), envOf(in_, { issued: issued() }))).toMatchObject({
    change: { act: "store" },
    object: secretIn(in_),
  });
});

test("throws when the write did not happen", async () => {
  const in_ = world();
  const old = put(in_);
  in_.asking.around(refusing(really("patch secret"), () => new CliError("timeout", "too slow"), 1));

  await expect(store.apply(change({ precondition: preconditionOf(old) }), envOf(in_, { issued: issued() }))).rejects.toThrow("too slow");
  expect(in_.loginIn("demo")?.password).toBe("theirs");
});

test("throws any other error without a read", async () => {
  const in_ = world();
  in_.asking.around(refusing(really("create secret"), refused));
  await expect(store.apply(change(), envOf(in_, { issued: issued() }))).rejects.toThrow("no");
  expect(in_.asking.all).toEqual(["create secret demo/acr-myregistry"]);

  const defect = world();
  defect.asking.around(refusing(really("create secret"), () => new TypeError("a defect")));
  await expect(store.apply(change(), envOf(defect, { issued: issued() }))).rejects.toThrow(TypeError);
});

test("sends an empty config to the server in a dry run without a login", async () => {
  const in_ = world();

  const { object } = await store.apply(change(), envOf(in_, { dryRun: "server" }));

  expect(Buffer.from((object as Secret).data?.[".dockerconfigjson"] ?? "", "base64").toString()).toBe('{"auths":{}}');
});

test("reports that a Secret is being deleted when the API server refuses another one of its name", async () => {
  const in_ = world();
  const secret = put(in_);
  in_.cluster.put({
    ...secret,
    metadata: { ...secret.metadata, deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["example.com/x"] },
  });

  await expect(store.apply(change(), envOf(in_, { issued: issued() }))).rejects.toMatchObject({
    kind: "conflict",
    message: 'secret "acr-myregistry" in namespace "demo" is being deleted',
    hint: "wait until it is deleted, or remove its finalizers: example.com/x",
  });
});

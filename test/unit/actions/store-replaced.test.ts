import { expect, test } from "vitest";
import { store } from "../../../src/actions/store.ts";
import { CliError } from "../../../src/errors.ts";
import type { Secret } from "../../../src/objects.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { envOf } from "../../support/fakes/env.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { before, change, entry, entryIn, issued, lost, preconditionOf, put, really, refused, secretIn, world } from "./store-setting.ts";

test("rehearses, deletes and creates a Secret that must be replaced", async () => {
  const in_ = world();
  const old = in_.cluster.put({ ...put(in_), type: "Opaque" });

  await store.apply(change({ precondition: preconditionOf(old), replaces: true }), envOf(in_, { issued: issued() }));

  expect(in_.asking.all).toEqual([
    "get secret demo/acr-myregistry",
    "create secret demo/acr-myregistry-rehearsal (dry run)",
    "delete secret demo/acr-myregistry",
    "create secret demo/acr-myregistry",
  ]);
  expect(in_.loginIn("demo")?.password).toBe("ours");
  expect(secretIn(in_)?.type).toBe("kubernetes.io/dockerconfigjson");
});

test("rehearses a replacement and deletes nothing in a dry run", async () => {
  const in_ = world();
  const old = in_.cluster.put({ ...put(in_), type: "Opaque" });

  const outcome = await store.apply(
    change({ precondition: preconditionOf(old), replaces: true }),
    envOf(in_, { issued: issued(), dryRun: "server" }),
  );

  expect(outcome.object).toMatchObject({ kind: "Secret", type: "kubernetes.io/dockerconfigjson" });
  expect(in_.asking.all).toEqual(["get secret demo/acr-myregistry", "create secret demo/acr-myregistry-rehearsal (dry run)"]);
  expect(secretIn(in_)).toEqual(old);
});

test("restores the old Secret when the new one is refused, also after an interruption", async () => {
  const in_ = world();
  const old = in_.cluster.put({ ...put(in_), type: "Opaque", immutable: true });
  const env = envOf(in_, { issued: issued() });
  const undo = in_.asking.around(async (asked, next) => {
    if (!really("create secret")(asked)) return next();
    undo();
    env.interrupt();
    throw refused();
  });

  await expect(store.apply(change({ precondition: preconditionOf(old), replaces: true }), env)).rejects.toMatchObject({
    message: "no",
    hint: undefined,
  });

  const { uid, resourceVersion, creationTimestamp, managedFields, ...metadata } = old.metadata;
  expect(secretIn(in_)).toMatchObject({ type: "Opaque", immutable: true, data: old.data, metadata });
});

test("reports the first error and the deletion when the old Secret cannot be restored", async () => {
  const in_ = world();
  const old = in_.cluster.put({ ...put(in_), type: "Opaque" });
  let times = 0;
  in_.asking.around(refusing(really("create secret"), () => new CliError("forbidden", `refused ${++times}`)));

  await expect(
    store.apply(change({ precondition: preconditionOf(old), replaces: true }), envOf(in_, { issued: issued() })),
  ).rejects.toMatchObject({
    kind: "forbidden",
    message: "refused 1",
    hint: 'secret "acr-myregistry" in namespace "demo" was deleted and could not be recreated',
    cause: { message: "refused 1" },
  });
});

test("reports no deletion when another has created the Secret in between", async () => {
  const in_ = world();
  const old = in_.cluster.put({ ...put(in_), type: "Opaque" });
  in_.asking.around(refusing(really("create secret"), refused, 1));
  before(in_, "create secret", () => void put(in_));

  await expect(
    store.apply(change({ precondition: preconditionOf(old), replaces: true }), envOf(in_, { issued: issued() })),
  ).rejects.toMatchObject({
    message: "no",
    hint: undefined,
  });
  expect(in_.loginIn("demo")?.password).toBe("theirs");
});

test.for([
  { why: "the Secret was created", happens: true, writes: ["delete", "create", "create"] },
  { why: "the Secret was not created", happens: false, writes: ["delete", "create", "create", "create"] },
])("replaces a Secret when responses to the creations are lost: $why", async ({ happens, writes }) => {
  const in_ = world();
  const old = in_.cluster.put({ ...put(in_), type: "Opaque" });
  let times = 0;
  in_.asking.around(async (asked, next) => {
    if (!really("create secret")(asked) || ++times > 2) return next();
    if (times === 1 && happens) await next();
    throw lost();
  });
  const env = envOf(in_, { issued: issued() });

  await store.apply(change({ precondition: preconditionOf(old), replaces: true }), env);

  expect(in_.loginIn("demo")?.password).toBe("ours");
  expect(in_.asking.writes.map((text) => text.split(" ")[0])).toEqual(writes);
});

test("deletes and puts back nothing when the Secret has been deleted since", async () => {
  const in_ = world();
  const old = put(in_);
  in_.asking.around(async (asked, next) => (is("get secret")(asked) ? undefined : next()));
  in_.asking.around(refusing(really("create secret"), refused));

  await expect(
    store.apply(change({ precondition: preconditionOf(old), replaces: true }), envOf(in_, { issued: issued() })),
  ).rejects.toThrow("no");
  expect(in_.asking.writes).toEqual(["create secret demo/acr-myregistry"]);
});

const owners = [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: "u-owner" }];

/** Creates a Secret with fields of other tools. */
function decorated(in_: FakeWorld, more: Partial<Secret>): Secret {
  const secret = put(in_);
  const labels = { ...secret.metadata.labels, team: "payments", "argocd.argoproj.io/secret-type": "repository" };
  const annotations = { ...secret.metadata.annotations, "reflector/allowed": "true", "acr-secret/claim": "{}" };
  const data = { ...secret.data, "ca.crt": "Y2E=", "acr-secret.withdrawn": "e30=" };
  return in_.cluster.put({ ...secret, ...more, metadata: { ...secret.metadata, labels, annotations, ownerReferences: owners }, data });
}

test.for([
  {
    why: "is immutable",
    more: { immutable: true },
    keeps: {
      labels: { team: "payments", "argocd.argoproj.io/secret-type": "repository" },
      keys: [".dockerconfigjson", "ca.crt"],
      immutable: true,
    },
  },
  { why: "has another type", more: { type: "Opaque" }, keeps: { labels: { team: "payments" }, keys: [".dockerconfigjson"] } },
])("keeps labels, annotations and owners of a Secret that $why when it is replaced", async ({ more, keeps: { labels, keys, ...rest } }) => {
  const in_ = world();
  const old = decorated(in_, more);
  const env = envOf(in_, { issued: issued() });

  await store.apply(change({ precondition: preconditionOf(old), replaces: true }), env);

  const { metadata, data, type, immutable } = secretIn(in_) as Secret;
  expect(metadata.uid).not.toBe(old.metadata.uid);
  expect(metadata.labels).toEqual({ ...labels, "app.kubernetes.io/managed-by": "kubectl-acr-secret" });
  expect(metadata.annotations).toMatchObject({ "reflector/allowed": "true" });
  expect(entryIn(in_)).toEqual(entry);
  expect(metadata.ownerReferences).toEqual(owners);
  expect({ type, ...(immutable !== undefined && { immutable }) }).toEqual({ type: "kubernetes.io/dockerconfigjson", ...rest });
  expect(Object.keys(data ?? {}).sort()).toEqual(keys);
  expect(in_.loginIn("demo")?.password).toBe("ours");
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

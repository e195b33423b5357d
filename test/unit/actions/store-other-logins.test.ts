import { expect, test } from "vitest";
import { executeAll } from "../../../src/actions/execute.ts";
import { store } from "../../../src/actions/store.ts";
import { managedBy, type Secret } from "../../../src/objects.ts";
import { entryMetadata, readEntries } from "../../../src/secret/entry.ts";
import { envOf } from "../../support/fakes/env.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { before, change, entry, issued, preconditionOf, secretIn, to, world } from "./store-setting.ts";

const host = "myregistry.azurecr.io";

/** Creates a Secret of this plugin with logins of other users for other registries. */
const putTheirs = ({ cluster }: FakeWorld, ...servers: string[]): Secret =>
  cluster.put(
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        name: to.name,
        namespace: "demo",
        ...entryMetadata([{ ...entry, expiresAt: "2020-01-01T00:00:00Z" }]),
        labels: { team: "web", [managedBy.key]: managedBy.value },
      },
      type: "kubernetes.io/dockerconfigjson",
      data: {
        ".dockerconfigjson": Buffer.from(JSON.stringify({ auths: Object.fromEntries(servers.map((one) => [one, {}])) })).toString("base64"),
      },
    },
    "kubectl-acr-secret",
  );
const authsOf = (secret: unknown) =>
  Object.keys(JSON.parse(Buffer.from((secret as Secret).data?.[".dockerconfigjson"] ?? "", "base64").toString()).auths);
const merging = (old: Secret) => change({ precondition: preconditionOf(old), merges: true, because: "holds another credential" });

test("writes a login and keeps the other logins and labels of the Secret", async () => {
  const in_ = world();
  const old = putTheirs(in_, "ghcr.io");

  const outcome = await store.apply(merging(old), envOf(in_, { issued: issued() }));

  expect(outcome).toMatchObject({ change: merging(old), object: secretIn(in_) });
  expect(authsOf(secretIn(in_))).toEqual(["ghcr.io", host]);
  expect(in_.loginIn("demo")).toMatchObject({ username: "ci", password: "ours" });
  expect(secretIn(in_)?.metadata).toMatchObject({ uid: old.metadata.uid, labels: { team: "web" } });
  expect(readEntries(secretIn(in_) as Secret)).toEqual([entry]);
});

test.for<{ why: string; call: string }>([
  { why: "before it is read", call: "get secret" },
  { why: "before it is written", call: "patch secret" },
])("keeps a login that another user adds $why", async ({ call }) => {
  const in_ = world();
  const old = putTheirs(in_, "ghcr.io");
  before(in_, call, () => void putTheirs(in_, "ghcr.io", "quay.io"));

  await store.apply(merging(old), envOf(in_, { issued: issued() }));

  expect(authsOf(secretIn(in_))).toEqual(["ghcr.io", "quay.io", host]);
  expect(in_.asking.writes.at(-1)).toBe(`patch secret demo/${to.name}`);
});

test("creates a Secret with this login only when the other was deleted", async () => {
  const in_ = world();
  const old = putTheirs(in_, "ghcr.io");
  in_.cluster.remove("secret", "demo", to.name);

  await store.apply(merging(old), envOf(in_, { issued: issued() }));

  expect(authsOf(secretIn(in_))).toEqual([host]);
  expect(in_.asking.writes).toEqual([`create secret demo/${to.name}`]);
});

test("sends the note to the server in a dry run without a login", async () => {
  const in_ = world();
  const old = putTheirs(in_, "ghcr.io");

  const { object } = await store.apply(merging(old), envOf(in_, { dryRun: "server" }));

  expect(authsOf(object)).toEqual(["ghcr.io"]);
  expect(readEntries(object as Secret)).toEqual([entry]);
  expect(secretIn(in_)).toEqual(old);
});

test.for<{ why: string; merges: boolean; seen: boolean; auths: string[] }>([
  { why: "with the added login", merges: true, seen: true, auths: ["ghcr.io", host] },
  { why: "with only the new login when it has no other", merges: false, seen: true, auths: [host] },
  { why: "with only the new login when it was not read", merges: true, seen: false, auths: [host] },
])("previews the Secret $why", async ({ merges, seen, auths }) => {
  const in_ = world();
  const old = putTheirs(in_, "ghcr.io");
  const env = envOf(in_, { issued: issued(), dryRun: "client" });

  const {
    outcomes: [outcome],
  } = await executeAll([merges ? merging(old) : change({ precondition: preconditionOf(old) })], seen ? env.look() : env);

  expect(authsOf(outcome?.object)).toEqual(auths);
});

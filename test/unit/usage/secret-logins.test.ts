import { expect, test } from "vitest";
import { openInterruption } from "../../../src/interruption.ts";
import type { Cluster, Where } from "../../../src/kube/port.ts";
import { managedBy, type Secret } from "../../../src/objects.ts";
import type { ClusterScope } from "../../../src/scope/cluster-scopes.ts";
import { clusterId } from "../../../src/secret/azure-words.ts";
import { loginsAnnotation } from "../../../src/secret/entry.ts";
import { holdersOf } from "../../../src/usage/holders.ts";
import { findLogins } from "../../../src/usage/secret-logins.ts";
import { refused } from "../../support/demo.ts";
import { refusing } from "../../support/fakes/asked.ts";
import { pullSecret } from "../../support/fakes/cluster.ts";
import { worldOf } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";

const host = "r.azurecr.io";
const token = { kind: "acr-token", identity: "t", host };
const entry = { hosts: [host], kind: "acr-token", identity: "t", slot: "password1", madeAt: "2026-01-01T00:00:00Z" };
const login = { [host]: { username: "t", password: "p" } };

/** Returns a Secret of a type with this label and this annotation. */
function secret(name: string, { type = "kubernetes.io/dockerconfigjson", manager = "", note = "", auths = {} } = {}): Secret {
  const { metadata, data } = pullSecret("a", name, auths);
  const labels = manager === "" ? {} : { [managedBy.key]: manager };
  const annotations: Record<string, string> = note === "" ? {} : { [loginsAnnotation]: note };
  const ofType = { "kubernetes.io/dockercfg": { ".dockercfg": Buffer.from(JSON.stringify(auths)).toString("base64") }, Opaque: {} };
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { ...metadata, labels, annotations },
    type,
    data: ofType[type as keyof typeof ofType] ?? data ?? {},
  };
}

function clusterScopeOf(world: FakeWorld, lists: Where[] = []): ClusterScope {
  const port = world.cluster.open({ kube: { forward: [], requestTimeout: 0 }, interruption: openInterruption() });
  const pages: Cluster["pages"] = (kind, where = {}) => {
    lists.push(where);
    return port.pages(kind, where);
  };
  return { cluster: { ...port, pages }, namespaces: ["a"], open: false };
}

const managers = { ours: managedBy.value, "another tool's": "kyverno", "nobody's": "" };
const notes = { "names it": JSON.stringify([entry]), "names nothing": "[]", "cannot be read": "{" };
const shapes = {
  "the login": { auths: login },
  "another login": { auths: { [host]: { username: "u", password: "p" } } },
  "no login": { auths: {} },
  "malformed data": { auths: { [host]: { auth: "!" } } },
};

test.for(
  Object.entries(managers).flatMap(([label, manager]) =>
    Object.entries(notes).flatMap(([annotation, note]) =>
      Object.entries(shapes).map(([config, shape]) => ({ label, annotation, config, of: { manager, note, ...shape } })),
    ),
  ),
)("counts a Secret when its label is $label, its annotation $annotation, and it has $config", async ({ annotation, config, of }) => {
  const world = worldOf(["a"]);
  world.cluster.put(secret("holder", of));

  const { secrets } = await holdersOf(clusterScopeOf(world), token, []);

  expect(secrets.length > 0).toBe(annotation === "names it" || config === "the login");
});

test.for([
  { what: "our Secret", of: { manager: managedBy.value, note: JSON.stringify([entry]), auths: login } },
  { what: "a Secret of another tool with our annotation", of: { manager: "kyverno", note: JSON.stringify([entry]), auths: login } },
  { what: "an Opaque Secret with our annotation", of: { type: "Opaque", note: JSON.stringify([entry]) } },
  { what: "a copy without annotations", of: { auths: login } },
  { what: "a copy of the old type", of: { type: "kubernetes.io/dockercfg", auths: login } },
  { what: "our Secret whose annotation names another credential", of: { manager: managedBy.value, note: "[]", auths: login } },
  { what: "a Secret whose annotation cannot be read", of: { note: "{", auths: login } },
])("finds $what", async ({ of }) => {
  const world = worldOf(["a"]);
  world.cluster.put(secret("holder", of));
  world.cluster.put(secret("other", { auths: { [host]: { username: "u", password: "p" } } }));

  const { secrets, unknown, unlisted } = await holdersOf(clusterScopeOf(world), token, []);

  expect(secrets.map(({ to }) => to.name)).toEqual(["holder"]);
  expect({ unknown, unlisted }).toEqual({ unknown: [], unlisted: undefined });
});

test("marks the Secrets that this run may not write, unless --force is given", async () => {
  const world = worldOf(["a"]);
  const note = JSON.stringify([entry]);
  world.cluster.put(secret("ours", { manager: managedBy.value, note }));
  world.cluster.put(secret("theirs", { manager: "Helm", note }));
  const foreign = async (force: boolean) =>
    (await findLogins(clusterScopeOf(world), () => true, { force })).recorded.flatMap(({ to, foreign: is }) => (is ? [to.name] : []));

  expect(await foreign(false)).toEqual(["theirs"]);
  expect(await foreign(true)).toEqual([]);
});

test("reads the data of no Secret but ours, pull secrets, and those whose annotation names the credential", async () => {
  const world = worldOf(["a"]);
  world.cluster.put(secret("tls", { type: "kubernetes.io/tls" }));
  world.cluster.put(secret("app", { type: "Opaque" }));
  world.cluster.put(secret("chart", { type: "Opaque", note: JSON.stringify([entry]) }));
  world.cluster.put(secret("other-chart", { type: "Opaque", note: JSON.stringify([{ ...entry, identity: "u" }]) }));
  const lists: Where[] = [];
  world.asking.forget();

  await holdersOf(clusterScopeOf(world, lists), token, []);

  expect(world.asking.all.filter((call) => call.startsWith("get secret"))).toEqual(["get secret a/chart"]);
  const withData = lists.filter(({ metadataOnly }) => !metadataOnly);
  expect(
    withData.every(
      ({ labels, fields }) => labels === `${managedBy.key}=${managedBy.value}` || /^type=kubernetes\.io\/dockerc/.test(fields ?? ""),
    ),
  ).toBe(true);
  expect(lists.length - withData.length).toBe(1);
});

test("names the clusters that a description names and that were not listed", async () => {
  const world = worldOf(["a"]);
  const here = clusterId("uid-of-kube-system");

  expect((await holdersOf(clusterScopeOf(world), token, [here, "00000000"])).unknown).toEqual(["00000000"]);
  world.asking.around(refusing(({ call }) => call === "list", refused));
  expect(await holdersOf(clusterScopeOf(world), token, [here])).toMatchObject({ unknown: [here], unlisted: refused() });
});

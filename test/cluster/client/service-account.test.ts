import { expect, test } from "vitest";
import { Conflict } from "../../../src/errors.ts";
import { type Cluster, listAll, type WriteOptions } from "../../../src/kube/port.ts";
import type { Pod, ServiceAccount } from "../../../src/objects.ts";
import { patchOf } from "../../../src/targets/lists.ts";
import { readTarget } from "../../../src/usage/references.ts";
import { create, dry, kubectl, newNamespace, open, real } from "./opened.ts";

const account = (namespace: string, name: string, more: object = {}) => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name, namespace, ...more },
});

/** Creates a ServiceAccount. Returns it as the server stores it. */
async function newAccount(cluster: Cluster, more: object = {}): Promise<ServiceAccount> {
  const at = { namespace: await newNamespace(), name: "web" };
  await create(account(at.namespace, at.name, more));
  return seen(cluster, at);
}

async function seen(cluster: Cluster, at: { namespace: string; name: string }): Promise<ServiceAccount> {
  const found = await cluster.get({ kind: "serviceaccount", ...at });
  if (!found) throw new Error(`no ServiceAccount ${at.name}`);
  return found;
}

const namesOf = ({ imagePullSecrets }: ServiceAccount) => imagePullSecrets?.map(({ name }) => name);

/** Sets the names in an account's list, with its resourceVersion as the precondition. */
function setNames(cluster: Cluster, object: ServiceAccount, names: readonly string[], options: WriteOptions): Promise<ServiceAccount> {
  const target = readTarget("serviceaccount", object);
  const { patch } = patchOf(target.to, names);
  return cluster.write(target.to, { patch: { metadata: { resourceVersion: target.version }, ...patch } }, options);
}

test("writes the whole list, and removes an empty one", async () => {
  const cluster = open();
  const bare = await newAccount(cluster);

  expect(bare.imagePullSecrets).toBeUndefined();
  const two = await setNames(cluster, bare, ["theirs", "acr"], real);
  expect(namesOf(two)).toEqual(["theirs", "acr"]);
  const dried = await setNames(cluster, two, ["acr"], dry);
  expect(namesOf(dried)).toEqual(["acr"]);
  const none = await setNames(cluster, two, [], real); // `two` is still the server's current object
  expect(none.imagePullSecrets).toBeUndefined();
});

test("fails to patch a ServiceAccount that has changed", async () => {
  const cluster = open();
  const old = await newAccount(cluster);
  await setNames(cluster, old, ["theirs"], real);

  await expect(setNames(cluster, old, ["acr"], real)).rejects.toBeInstanceOf(Conflict);
  await expect(setNames(cluster, old, ["acr"], real)).rejects.toMatchObject({
    message: expect.stringMatching(/^Error from server \(Conflict\): Operation cannot be fulfilled on serviceaccounts "web": /),
  });
});

test("lists more objects than fit into a page", async () => {
  const cluster = open();
  const namespace = await newNamespace();
  const names = Array.from({ length: 501 }, (_, index) => `web-${index}`);
  await create(...names.map((name) => account(namespace, name, { labels: { many: "yes" } })));

  const pages = await Array.fromAsync(cluster.pages("serviceaccount", { namespace, labels: "many=yes" }));

  // The objects of the first page are small, so the next page contains more.
  expect(pages.map((page) => page.length)).toEqual([50, 451]);
  expect(pages.flat().map(({ metadata }) => metadata.name)).toEqual(names.sort());
  expect((await listAll(cluster, "serviceaccount", { labels: "many=yes" })).length).toBeGreaterThanOrEqual(501);
});

const otherUid = "00000000-0000-0000-0000-000000000000";

async function newPod(cluster: Cluster) {
  const { metadata } = await newAccount(cluster);
  const namespace = metadata.namespace ?? "";
  await create({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace, labels: { app: "web" } },
    spec: { serviceAccountName: "web", containers: [{ name: "web", image: "myregistry.azurecr.io/web:1" }] },
  });
  const at = { kind: "pod", namespace, name: "web" } as const;
  const pods = (labels = "app=web") => listAll(cluster, "pod", { namespace, labels });
  return { at, pods };
}

const standing = (pod: Pod | undefined) => ({ uid: pod?.metadata.uid ?? "", version: pod?.metadata.resourceVersion ?? "" });

test("finds a pod by its labels, and deletes it once", async () => {
  const cluster = open();
  const { at, pods } = await newPod(cluster);
  const [pod] = await pods();
  const { uid } = standing(pod);

  expect(pod?.spec.containers[0]?.image).toBe("myregistry.azurecr.io/web:1");
  expect(await pods("app=other")).toEqual([]);
  expect(await listAll(cluster, "pod", { namespace: at.namespace, fields: "status.phase=Pending" })).toHaveLength(1);
  await expect(cluster.write(at, { delete: { uid: otherUid } }, real)).rejects.toBeInstanceOf(Conflict);
  await cluster.write(at, { delete: { uid } }, dry);
  expect(await pods()).toHaveLength(1);
  await cluster.write(at, { delete: { uid } }, real);
  expect(await pods()).toEqual([]);
});

test("evicts a pod once, and only in the version that was read", async () => {
  const cluster = open();
  const { at, pods } = await newPod(cluster);
  const [old] = await pods();
  await cluster.write(at, { patch: { metadata: { labels: { later: "yes" } } } }, real);
  const [pod] = await pods();

  await expect(cluster.write(at, { evict: { ...standing(pod), uid: otherUid } }, real)).rejects.toBeInstanceOf(Conflict);
  await expect(cluster.write(at, { evict: standing(old) }, real)).rejects.toBeInstanceOf(Conflict);
  await cluster.write(at, { evict: standing(pod) }, dry);
  expect(await pods()).toEqual([pod]);
  await cluster.write(at, { evict: standing(pod) }, real);
  expect(await pods()).toEqual([]);
  await expect(cluster.write(at, { evict: standing(pod) }, real)).rejects.toMatchObject({ kind: "notFound" });
});

test("reads the uid of a namespace and the version of the server", async () => {
  const cluster = open();
  const uidOf = async (name: string) => (await cluster.get({ kind: "namespace", name }))?.metadata.uid;

  expect(await uidOf("default")).toBe(await kubectl(["get", "namespace", "default", "-o", "jsonpath={.metadata.uid}"]));
  expect(await uidOf("nope")).toBeUndefined();
  expect((await cluster.serverVersion()).gitVersion).toMatch(/^v\d/);
});

test("reads the issuer of ServiceAccount tokens, and no metrics of a node that does not exist", async () => {
  const cluster = open();

  expect(await cluster.issuer()).toBe("https://kubernetes.default.svc");
  await expect(cluster.nodeMetrics("nosuch")).rejects.toMatchObject({ kind: "notFound" });
});

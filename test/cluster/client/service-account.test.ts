import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Cluster } from "../../../src/context.ts";
import { Conflict } from "../../../src/errors.ts";
import type { ServiceAccount } from "../../../src/objects.ts";
import { create, dry, kubectl, newNamespace, open, real } from "./opened.ts";

const account = (namespace: string, name: string, more: object = {}) => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name, namespace, ...more },
});

/** A ServiceAccount that exists, as the server has it. */
async function newAccount(cluster: Cluster, more: object = {}): Promise<ServiceAccount> {
  const at = { namespace: await newNamespace(), name: "web" };
  await create(account(at.namespace, at.name, more));
  return seen(cluster, at);
}

async function seen(cluster: Cluster, at: { namespace: string; name: string }): Promise<ServiceAccount> {
  const found = await cluster.serviceAccount(at);
  if (!found) throw new Error(`no ServiceAccount ${at.name}`);
  return found;
}

const namesOf = ({ imagePullSecrets }: ServiceAccount) => imagePullSecrets?.map(({ name }) => name);

test("the list is written whole, and an empty one goes away", async () => {
  const cluster = open();
  const bare = await newAccount(cluster);

  expect(bare.imagePullSecrets).toBeUndefined();
  const two = await cluster.setPullSecrets(bare, ["theirs", "acr"], real);
  expect(namesOf(two)).toEqual(["theirs", "acr"]);
  const dried = await cluster.setPullSecrets(two, ["acr"], dry);
  expect(namesOf(dried)).toEqual(["acr"]);
  const none = await cluster.setPullSecrets(two, [], real); // `two` is still what the server has
  expect(none.imagePullSecrets).toBeUndefined();
});

test("an account that has changed since is not written", async () => {
  const cluster = open();
  const old = await newAccount(cluster);
  await cluster.setPullSecrets(old, ["theirs"], real);

  await expect(cluster.setPullSecrets(old, ["acr"], real)).rejects.toBeInstanceOf(Conflict);
  await expect(cluster.setPullSecrets(old, ["acr"], real)).rejects.toMatchObject({
    message: expect.stringMatching(/^Error from server \(Conflict\): Operation cannot be fulfilled on serviceaccounts "web": /),
  });
});

test("twenty writers at once lose no name", async () => {
  const cluster = open();
  const { metadata } = await cluster.setPullSecrets(await newAccount(cluster), ["theirs"], real);
  const at = { namespace: metadata.namespace ?? "", name: metadata.name };
  const writers = Array.from({ length: 20 }, (_, index) => `acr-${index}`);
  let conflicts = 0;

  async function attach(name: string): Promise<void> {
    const now = await seen(cluster, at);
    try {
      await cluster.setPullSecrets(now, [...(namesOf(now) ?? []), name].map(String), real);
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      conflicts++;
      await setTimeout(10 * Math.random());
      await attach(name);
    }
  }
  await Promise.all(writers.map(attach));

  expect(namesOf(await seen(cluster, at))?.sort()).toEqual(["theirs", ...writers].sort());
  expect(conflicts).toBeGreaterThan(0);
});

test("a list of more than a page is whole", async () => {
  const cluster = open();
  const namespace = await newNamespace();
  const names = Array.from({ length: 501 }, (_, index) => `web-${index}`);
  await create(...names.map((name) => account(namespace, name, { labels: { many: "yes" } })));

  expect((await cluster.serviceAccounts(namespace, "many=yes")).map(({ metadata }) => metadata.name).sort()).toEqual(names.sort());
  expect((await cluster.serviceAccounts(undefined, "many=yes")).length).toBeGreaterThanOrEqual(501);
});

test("a pod is found by its labels and deleted once", async () => {
  const cluster = open();
  const { metadata } = await newAccount(cluster);
  const namespace = metadata.namespace ?? "";
  await create({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace, labels: { app: "web" } },
    spec: { serviceAccountName: "web", containers: [{ name: "web", image: "myregistry.azurecr.io/web:1" }] },
  });
  const [pod] = await cluster.pods(namespace, "app=web");

  expect(pod?.spec.containers[0]?.image).toBe("myregistry.azurecr.io/web:1");
  expect(await cluster.pods(namespace, "app=other")).toEqual([]);
  const at = { namespace, name: "web", uid: pod?.metadata.uid ?? "" };
  await expect(cluster.deletePod({ ...at, uid: "00000000-0000-0000-0000-000000000000" }, real)).rejects.toBeInstanceOf(Conflict);
  await cluster.deletePod(at, dry);
  expect(await cluster.pods(namespace, "app=web")).toHaveLength(1);
  await cluster.deletePod(at, real);
  expect(await cluster.pods(namespace, "app=web")).toEqual([]);
});

test("a namespace has a uid, the server a version", async () => {
  const cluster = open();

  expect(await cluster.namespaceUid("default")).toBe(await kubectl(["get", "namespace", "default", "-o", "jsonpath={.metadata.uid}"]));
  expect(await cluster.namespaceUid("nope")).toBeUndefined();
  expect((await cluster.serverVersion()).gitVersion).toMatch(/^v\d/);
});

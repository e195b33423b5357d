import { expect, test } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { clusterId } from "../../../src/secret/azure-words.ts";
import { loginsNote, managedBy } from "../../../src/secret/entry.ts";
import { namespace } from "../../support/fakes/cluster.ts";
import { shared, stored, worldOf } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { copyOf, isAlive, noteIn, slotsOf } from "../../support/rotating.ts";

const forceInB = /kubectl acr-secret rotate (?=.*-n b)(?=.*--force)(?=.*acr-myregistry)/;

const secretIn = ({ cluster }: FakeWorld, at: string): Secret => {
  const secret = cluster.get("secret", at, "acr-myregistry");
  if (!secret) throw new Error("no Secret");
  return secret;
};

/** Another tool writes its name into the label, and keeps the annotation. */
function relabel(world: FakeWorld, at: string, manager: string | undefined): void {
  const { metadata, ...secret } = secretIn(world, at);
  world.cluster.put({ ...secret, metadata: { ...metadata, labels: manager === undefined ? {} : { [managedBy.key]: manager } } });
}

/** Copies a Secret without its annotations, like a tool that copies only the data. */
function copyData(world: FakeWorld, from: string, at: string): void {
  addNamespaces(world.cluster, at);
  const { metadata, ...secret } = copyOf(world, from, { at });
  world.cluster.put({ ...secret, metadata: { name: metadata.name, namespace: at } });
}

test.for(["kyverno", "Helm", undefined])(
  "keeps the password of a Secret with the label %s, now and in the next rotation",
  async (manager) => {
    const world = await stored("a", "b");
    relabel(world, "b", manager);
    const before = secretIn(world, "b");

    const first = await type("rotate acr-myregistry -n a --grace 0", world.ports);

    expect(first.code).toBe(0);
    expect(first.stderr).toContain("secret/acr-myregistry in namespace b also holds");
    expect(first.stderr).toMatch(forceInB);
    expect(secretIn(world, "b")).toEqual(before);
    expect([isAlive(world, "a"), isAlive(world, "b"), noteIn(world, "a").slot]).toEqual([true, true, "password2"]);

    expect(await type("rotate acr-myregistry -n a --grace 0", world.ports)).toMatchObject({ code: 1 });
    expect([isAlive(world, "a"), isAlive(world, "b")]).toEqual([true, true]);
  },
);

test("gives a Secret of another tool the password and our label when --force is given", async () => {
  const world = await stored("a", "b");
  relabel(world, "b", "kyverno");

  expect(await type("rotate acr-myregistry -n b --force --grace 0", world.ports)).toMatchObject({ code: 0 });

  expect(secretIn(world, "b").metadata.labels).toMatchObject({ [managedBy.key]: managedBy.value });
  expect(["a", "b"].map((at) => [isAlive(world, at), noteIn(world, at).slot])).toEqual(Array(2).fill([true, "password2"]));
  expect(slotsOf(world, shared)).toEqual(["password2"]);
});

test("keeps the password of a copy without annotations, now and in the next rotation", async () => {
  const world = await stored("a");
  copyData(world, "a", "copy");

  const first = await type("rotate acr-myregistry -n a --grace 0", world.ports);

  expect(first.code).toBe(0);
  expect(first.stderr).toContain("secret/acr-myregistry in namespace copy also holds");
  expect([isAlive(world, "a"), isAlive(world, "copy")]).toEqual([true, true]);
  expect(await type("rotate acr-myregistry -n a --grace 0", world.ports)).toMatchObject({ code: 1 });
  expect([isAlive(world, "a"), isAlive(world, "copy")]).toEqual([true, true]);
});

test("rotates again when the copy has been copied again", async () => {
  const world = await stored("a");
  copyData(world, "a", "copy");
  for (const slot of ["password2", "password1"]) {
    expect(await type("rotate acr-myregistry -n a", world.ports)).toMatchObject({ code: 0 });
    copyData(world, "a", "copy");
    expect(noteIn(world, "a").slot).toBe(slot);
  }
});

test("ignores a login that the registry rejects", async () => {
  const world = await stored("a");
  copyData(world, "a", "copy");
  const dead = { auths: { "myregistry.azurecr.io": { username: noteIn(world, "a").identity, password: "expired" } } };
  const copy = secretIn(world, "copy");
  world.cluster.put({ ...copy, data: { ".dockerconfigjson": Buffer.from(JSON.stringify(dead)).toString("base64") } });

  expect(await type("rotate acr-myregistry -n a --grace 0", world.ports)).toMatchObject({ stderr: "", code: 0 });
  expect(slotsOf(world)).toEqual(["password2"]);
});

test("keeps the password that an Opaque Secret for Argo CD holds without our label", async () => {
  const world = await stored("a");
  addNamespaces(world.cluster, "argocd");
  const token = noteIn(world, "a").identity;
  const made = await type(
    `create chart --registry myregistry --repository app/web --for argocd --acr-token ${token} --force -n argocd`,
    world.ports,
  );
  expect(made).toMatchObject({ code: 0 });
  const chart = world.cluster.get("secret", "argocd", "chart");
  if (!chart) throw new Error("no Secret");
  const { [managedBy.key]: _, ...labels } = chart.metadata.labels ?? {};
  world.cluster.put({ ...chart, metadata: { ...chart.metadata, labels } });
  const login = { username: token, password: Buffer.from(chart.data?.["password"] ?? "", "base64").toString() };

  for (let round = 0; round < 2; round++) await type("rotate acr-myregistry -n a --grace 0", world.ports);

  expect([isAlive(world, "a"), world.azure.knows(login)]).toEqual([true, true]);
});

test("warns in a schedule when a Secret of another tool ends in time", async () => {
  const world = await stored("a", "b");
  const { metadata, ...secret } = secretIn(world, "b");
  const [entry] = JSON.parse(metadata.annotations?.[loginsNote] ?? "[]");
  const other = { ...entry, identity: "ci-pull", expiresAt: "2026-01-02T00:00:00Z" };
  const note = { [loginsNote]: JSON.stringify([other]) };
  world.cluster.put({ ...secret, metadata: { ...metadata, labels: { [managedBy.key]: "Helm" }, annotations: note } });

  const schedule = await type("rotate -A --expiring-within 14d", world.ports);
  expect(schedule.stderr).toContain('secret "acr-myregistry" in namespace "b" holds ci-pull and is managed by another tool');
  expect(schedule.stderr).toMatch(forceInB);
  expect(schedule.code).toBe(0);
  expect(await type("rotate -n b --expiring-within 14d", world.ports)).toMatchObject({ code: 1 });
  expect(await type("rotate -n b --expiring-within 1h", world.ports)).toMatchObject({ stdout: "", code: 0 });
});

/** Creates a credential of two clusters. Azure's description names both. */
async function inTwoClusters(): Promise<FakeWorld> {
  const world = fakeWorld({ contexts: ["prod", "dev"] });
  for (const [context, cluster] of world.clusters)
    for (const name of ["kube-system", "a"]) cluster.put(namespace(name, { uid: `${name} of ${context}` }));
  const line = "create --registry myregistry --repository app/web --namespaces a --contexts prod,dev --credential-per scope";
  expect(await type(line, world.ports)).toMatchObject({ code: 0 });
  return world;
}

test("keeps the password of a cluster that Azure names and that is not selected", async () => {
  const world = await inTwoClusters();
  const line = "rotate acr-myregistry -n a --contexts prod --grace 0";

  const { stderr, code } = await type(line, world.ports);

  expect(code).toBe(0);
  expect(stderr).toContain(`cluster ${clusterId("kube-system of dev")} may hold it`);
  expect(stderr).toContain("--contexts");
  expect(isAlive(world, "a", "acr-myregistry", "dev")).toBe(true);
  // The next rotation would revoke it.
  expect(await type(line, world.ports)).toMatchObject({ stderr: expect.stringContaining("--contexts"), code: 1 });
  expect(["prod", "dev"].map((context) => isAlive(world, "a", "acr-myregistry", context))).toEqual([true, true]);
});

test("keeps the password of a cluster that is not selected when too many clusters share it to be named", async () => {
  const contexts = Array.from({ length: 9 }, (_, at) => `c${at}`);
  const world = fakeWorld({ contexts });
  for (const [context, cluster] of world.clusters)
    for (const name of ["kube-system", "a"]) cluster.put(namespace(name, { uid: `${name} of ${context}` }));
  const making = `create --registry myregistry --repository app/web --namespaces a --contexts ${contexts} --credential-per scope`;
  expect(await type(making, world.ports)).toMatchObject({ code: 0 });

  const { stderr, code } = await type("rotate acr-myregistry -n a --contexts c0 --grace 0", world.ports);

  expect(code).toBe(0);
  expect(stderr).toContain("--force");
  expect(contexts.map((context) => isAlive(world, "a", "acr-myregistry", context))).toEqual(contexts.map(() => true));
  expect(await type("delete acr-myregistry --revoke -y -n a --contexts c0", world.ports)).toMatchObject({ code: 1 });
  expect(contexts.slice(1).map((context) => isAlive(world, "a", "acr-myregistry", context))).toEqual(contexts.slice(1).map(() => true));
});

test.for(["--contexts prod,dev", "--contexts prod --force"])("ends the replaced password when %s is given", async (how) => {
  const world = await inTwoClusters();

  expect(await type(`rotate acr-myregistry -n a ${how} --grace 0`, world.ports)).toMatchObject({
    stderr: expect.not.stringContaining("cluster"),
    code: 0,
  });

  expect(slotsOf(world)).toEqual(["password2"]);
});

test("says that the namespace is not found", async () => {
  expect(await type("rotate -n nosuch", worldOf(["a"]).ports)).toEqual({
    stdout: "",
    stderr: expect.stringContaining('namespaces "nosuch" not found'),
    code: 1,
  });
});

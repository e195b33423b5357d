import { expect, test } from "vitest";
import type { Custody } from "../../../src/azure/principals.ts";
import { conditionOf } from "../../../src/credential/service-principal/roles.ts";
import { demo } from "../../support/demo.ts";
import { stuckPod } from "../../support/fakes/cluster.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { acrPull, byName, byOwn, own, reader, standing, withOthers } from "../../support/service-principal.ts";

const notes = "kubectl acr-secret: secret acr-myregistry in namespace demo";
const me = "o-1";
const acrPush = "8311e382-0749-4cb8-b61a-304f252e45ec";
const owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const custom = "11111111-2222-4333-8444-555555555555";

type Existing = {
  readonly notes?: string;
  readonly keys?: number;
  readonly owners?: readonly string[];
  readonly principalOwners?: readonly string[];
  readonly otherKeys?: Custody["otherKeys"];
};

/** Creates a namespace, and an application with the name that the plugin derives only from this Secret. */
function withExisting({ notes: says = notes, keys = 0, ...custody }: Existing): { world: FakeWorld; appId: string } {
  const world = demo();
  const appId = world.azure.directory.put(own, { notes: says, keys });
  const [application] = world.azure.directory.applications;
  world.azure.directory.custody.set(application?.id ?? "", { owners: [me], principalOwners: [], otherKeys: [], ...custody });
  return { world, appId };
}

test.for<{ why: string; existing: Existing; reason: string }>([
  { why: "another user created it", existing: { notes: "", owners: ["o-2"] }, reason: "this plugin did not create it" },
  { why: "another user copied the notes", existing: { owners: ["o-2"] }, reason: "you are not its only owner" },
  { why: "another user made this identity an owner", existing: { owners: [me, "o-2"] }, reason: "you are not its only owner" },
  { why: "another user owns its service principal", existing: { principalOwners: ["o-2"] }, reason: "you are not its only owner" },
  { why: "it has a password of another user", existing: { keys: 1 }, reason: "it has a password of another user" },
  { why: "it has a certificate", existing: { otherKeys: ["certificate"] }, reason: "it has a certificate of another user" },
])("refuses an application with the Secret's derived name when $why", async ({ existing, reason }) => {
  const { world, appId } = withExisting(existing);

  const { stdout, stderr, code } = await type(byOwn, world.ports);

  expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
  expect(stderr).toContain(`error: application "${own}" (${appId}) already exists, and ${reason}\n`);
  expect(stderr).toContain(`--service-principal ${appId}`);
  expect(world.asking.writes).toEqual([]);
});

test("uses an application with the Secret's derived name when an earlier run of this identity created it", async () => {
  const { world } = withExisting({ principalOwners: [me] });

  expect(await type(byOwn, world.ports)).toMatchObject({ code: 0 });
  expect(standing(world)).toMatchObject({ principals: 1, roles: 1, secret: "alive" });
});

test("uses the application that the Secret's annotation records when another identity runs create again", async () => {
  const world = demo();
  await type(byOwn, world.ports);
  const { directory } = world.azure;
  for (const [id] of directory.custody) directory.custody.set(id, { owners: ["o-2"], principalOwners: ["o-2"], otherKeys: [] });
  for (const { keys } of directory.applications) keys.length = 0;

  expect(await type(byOwn, world.ports)).toMatchObject({ stdout: expect.stringContaining("secret/acr-myregistry configured\n"), code: 0 });
});

test("refuses the application that the annotation records when this plugin assigned it no role", async () => {
  const world = demo();
  await type(byOwn, world.ports);
  const { directory } = world.azure;
  for (const [id] of directory.custody) directory.custody.set(id, { owners: ["o-2"], principalOwners: ["o-2"], otherKeys: [] });
  directory.assignments.length = 0;

  expect(await type(byOwn, world.ports)).toMatchObject({ stderr: expect.stringContaining("you are not its only owner"), code: 1 });
});

test("refuses an application by its display name when it has no pull role, and takes it by its id", async () => {
  const { world, appId } = withOthers({ role: false });

  const { stderr, code } = await type(byName, world.ports);
  expect(code).toBe(1);
  expect(stderr).toContain(`error: application "ci" (${appId}) already exists, and this plugin did not create it\n`);
  expect(world.asking.writes).toEqual([]);

  const hint = /hint: kubectl acr-secret (.*)\n/.exec(stderr)?.[1] ?? "";
  expect(await type(hint, world.ports)).toMatchObject({ code: 0 });
});

test("says which application a display name was when it gets a password", async () => {
  const { world, appId } = withOthers();

  expect(await type(byName, world.ports)).toMatchObject({
    stderr: `Warning: application "ci" already exists (${appId}) and gets one more password\n`,
    code: 0,
  });
});

const pushes = { name: "our pusher", permissions: [{ actions: ["Microsoft.ContainerRegistry/registries/push/write"], notActions: [] }] };
const reads = { name: "our reader", permissions: [{ actions: ["Microsoft.ContainerRegistry/registries/pull/read"], notActions: [] }] };

test.for([
  { role: acrPush, rights: 'actions of role "AcrPush"' },
  { role: owner, rights: 'actions of role "Owner"' },
  { role: custom, definition: pushes, rights: 'actions of role "our pusher"' },
  { role: custom, rights: `actions of role ${custom}` },
])("refuses a service principal with $rights unless --force accepts them", async ({ role, definition, rights }) => {
  const { world, appId } = withOthers();
  world.azure.directory.assign(appId, role, { here: false });
  if (definition) world.azure.directory.definitions.set(role, definition);

  const { stdout, stderr, code } = await type(byName, world.ports);
  expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
  expect(stderr).toContain(`error: service principal "ci" may do more than pull: ${rights}\n`);
  expect(world.asking.writes).toEqual([]);

  const hint = /hint: kubectl acr-secret (.*)\n/.exec(stderr)?.[1] ?? "";
  expect(hint).toContain("--force");
  expect(await type(hint, world.ports)).toMatchObject({
    stderr: expect.stringContaining(`Warning: service principal "ci" may also: ${rights}\n`),
    code: 0,
  });
});

test("accepts a service principal with a custom role that only reads", async () => {
  const { world, appId } = withOthers();
  world.azure.directory.assign(appId, custom);
  world.azure.directory.definitions.set(custom, reads);

  expect(await type(byName, world.ports)).toMatchObject({ stderr: expect.not.stringContaining("may also"), code: 0 });
});

test("prints the rights once when rotate renews a password of a service principal that pushes", async () => {
  const { world, appId } = withOthers();
  world.azure.directory.assign(appId, acrPush);
  await type(`${byName} --force`, world.ports);

  const { stderr, code } = await type("rotate acr-myregistry -n demo", world.ports);

  expect(code).toBe(0);
  expect(stderr.match(/service principal "ci" may also: actions of role "AcrPush"/g)).toHaveLength(1);
});

test("refuses the Secret's own application when another tool gave it another role", async () => {
  const world = demo();
  await type(byOwn, world.ports);
  world.azure.directory.assign(world.azure.directory.applications[0]?.appId ?? "", owner);
  world.asking.forget();

  expect(await type(byOwn, world.ports)).toMatchObject({ stderr: expect.stringContaining('actions of role "Owner"'), code: 1 });
  expect(world.asking.writes).toEqual([]);
  expect(world.azure.directory.assignments.map(({ role }) => role)).toEqual([acrPull, owner]);
});

test("renews a namespace's own application when the Secret of another namespace records one of the same display name", async () => {
  const world = demo();
  const { azure, cluster, loginIn, ports } = world;
  const { directory } = azure;
  azure.facts.mode = "abac";
  azure.images.add("secret/app:1");
  await type(byOwn, ports);
  const [ours] = directory.applications;
  ours?.keys.splice(0);
  cluster.put(stuckPod("demo", "api-1", "myregistry.azurecr.io/secret/app:1"));
  addNamespaces(cluster, "tenant");
  cluster.put(stuckPod("tenant", "web-1", "myregistry.azurecr.io/app/web:1"));
  const theirs = directory.put(own);
  directory.assign(theirs, reader, { here: false, condition: conditionOf(["app/web"]) });
  await type(`create --registry myregistry -n tenant --service-principal=${theirs}`, ports);

  const { code } = await type(
    "create --registry myregistry -A --credential-per namespace --service-principal --repositories-from-pods",
    ports,
  );

  expect(code).toBe(0);
  expect(loginIn("demo")?.username).toBe(ours?.appId);
  expect(directory.pulls(theirs, "secret/app", "abac")).toBe(false);
});

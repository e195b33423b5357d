import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { loginsNote } from "../../../src/secret/entry.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { here, leftOver, type } from "../../support/left-over.ts";
import { acrPull } from "../../support/service-principal.ts";

const line = "prune --registry myregistry";
const key = (world: FakeWorld, secret: string) =>
  world.azure.directory.applications.flatMap(({ keys }) => keys).find(({ displayName }) => displayName.includes(secret))?.slot;

const standing = ({ azure: { directory } }: FakeWorld) => ({
  applications: directory.applications.map(({ displayName, keys }) => `${displayName}: ${keys.map((one) => one.displayName).join(", ")}`),
  roles: directory.assignments.length,
});

test("an application of its own whose Secret is gone goes, and then its role", async () => {
  const world = await leftOver("--service-principal");
  const [kept, gone] = world.azure.directory.applications.map(({ displayName }) => displayName);

  const { stdout, stderr } = await type(line, world);
  expect(stdout.split("\n").slice(1)).toEqual([
    expect.stringMatching(/^b-acr-myregistry-\S+ +password +secret acr-myregistry in namespace b +59d +<unknown> +orphan$/),
    "",
  ]);
  expect(stderr).toBe("1 would be removed; add --yes\n");
  expect(await type(`${line} --yes`, world)).toEqual({
    stdout: `application.graph.microsoft.com/${gone} deleted\nroleassignment.management.azure.com/${gone} deleted\n`,
    stderr: "",
    code: 0,
  });
  expect(standing(world)).toEqual({ applications: [expect.stringContaining(`${kept}: `)], roles: 1 });
  expect(await type(`${line} --yes`, world)).toMatchObject({ stderr: "nothing is left over\n", code: 0 });
});

/** Creates another user's application with a role, and passwords of two Secrets. The second Secret is deleted. */
async function shared(): Promise<FakeWorld> {
  const world = await leftOver();
  const appId = world.azure.directory.put("ci");
  world.azure.directory.assign(appId, acrPull);
  await type("create two --registry myregistry --namespaces a,b --credential-per scope --service-principal=ci", world);
  world.asking.forget();
  return world;
}

test("of an application of somebody else only the password goes", async () => {
  const world = await shared();
  const [before] = standing(world).applications;
  expect(before).toMatch(/^ci: of others, acr-secret: secret two in many namespaces of cluster [0-9a-f]{8}$/);
  for (const namespace of ["a", "b"]) world.cluster.remove("secret", namespace, "two");
  await type(`${line} --yes -o name`, world);
  expect(standing(world)).toEqual({ applications: ["ci: of others"], roles: 1 });
});

test("its line says which password that was", async () => {
  const world = await shared();
  const id = key(world, "two");
  for (const namespace of ["a", "b"]) world.cluster.remove("secret", namespace, "two");

  expect((await type(`${line} --yes`, world)).stdout).toContain(`application.graph.microsoft.com/ci configured (-${id})\n`);
});

test("one that any Secret holds stays, and so does the one before a rotation", async () => {
  const world = await shared();
  world.cluster.remove("secret", "a", "two");

  expect((await type(`${line} -o jsonl`, world)).stdout).toMatch(/"what":"password".*"state":"in use"/);
});

test("an application without a password is what a killed run left behind", async () => {
  const world = await leftOver();
  const appId = world.azure.directory.put("b-acr-1", {
    keys: 0,
    notes: `kubectl acr-secret: secret acr in namespace b of cluster ${here}`,
  });
  world.azure.directory.assign(appId, acrPull, { ours: true });

  const { stdout } = await type(`${line} --yes`, world);
  expect(stdout).toContain("application.graph.microsoft.com/b-acr-1 deleted\nroleassignment.management.azure.com/b-acr-1 deleted\n");
  expect(standing(world)).toEqual({ applications: [], roles: 0 });
});

test("a role of nobody goes if it has the name that this plugin gives", async () => {
  const world = await leftOver();
  const { directory } = world.azure;
  for (const [name, ours] of [
    ["x", true],
    ["y", false],
  ] as const) {
    directory.assign(directory.put(name), acrPull, { ours });
    directory.applications.pop();
    directory.principals.pop();
  }
  const [{ principalId } = { principalId: "" }] = directory.assignments;

  expect((await type(line, world)).stdout).toContain("role");
  expect((await type(`${line} --yes`, world)).stdout).toContain(`roleassignment.management.azure.com/${principalId} deleted\n`);
  expect(directory.assignments).toMatchObject([{ ours: false }]);
});

test.for(["certificate", "federated credential"] as const)("keeps an application that somebody signs in to by a %s", async (otherKey) => {
  const world = await leftOver("--service-principal");
  const { directory } = world.azure;
  const left = directory.applications[1];
  if (!left) throw new Error("no application");
  directory.custody.set(left.id, { owners: ["o-1"], principalOwners: [], otherKeys: [otherKey] });

  expect(await type(`${line} --yes`, world)).toMatchObject({ stdout: expect.stringContaining("(-"), code: 0 });
  expect(await type(`${line} --older-than 0s --yes`, world)).toMatchObject({ stderr: "nothing is left over\n", code: 0 });

  expect(directory.applications).toContain(left);
  expect(directory.assignments).toHaveLength(2);
});

test.for(["certificate", "federated credential"] as const)(
  "delete --revoke keeps an application that somebody signs in to by a %s",
  async (otherKey) => {
    const world = await leftOver("--service-principal");
    const { directory } = world.azure;
    for (const { id } of directory.applications) directory.custody.set(id, { owners: ["o-1"], principalOwners: [], otherKeys: [otherKey] });

    expect(await type("delete acr-myregistry --revoke --yes -n a", world)).toMatchObject({ code: 0 });

    expect(directory.applications.map(({ keys }) => keys.length)).toEqual([0, 1]);
    expect(directory.assignments).toHaveLength(2);
  },
);

test.for(["givenRoles", "principal", "applications"])(
  "who may not ask for %s is told, and tokens are looked at all the same",
  async (call) => {
    const world = await leftOver();
    world.azure.directory.assign(world.azure.directory.put("ci"), acrPull);
    world.asking.around(refusing(is(call), () => new CliError("forbidden", "cannot look: no")));

    const { stdout, stderr, code } = await type(line, world);
    expect(stdout).toContain("orphan");
    expect({ stderr, code }).toEqual({
      stderr: "Warning: service principals were not looked at: cannot look: no\n1 would be removed; add --yes\n",
      code: 0,
    });
  },
);

test.for([
  { why: "does not exist", slotOf: () => "cccccccc-0000-4000-8000-999999999999" },
  { why: "is in upper case", slotOf: (slot: string) => slot.toUpperCase() },
])("keeps a password whose Secret notes a slot that $why", async ({ slotOf }) => {
  const world = await leftOver("--service-principal");
  const secret = world.cluster.get("secret", "a", "acr-myregistry");
  if (!secret) throw new Error("no Secret");
  const { annotations = {} } = secret.metadata;
  const [entry] = JSON.parse(annotations[loginsNote] ?? "[]");
  const noted = { ...annotations, [loginsNote]: JSON.stringify([{ ...entry, slot: slotOf(entry.slot) }]) };
  world.cluster.put({ ...secret, metadata: { ...secret.metadata, annotations: noted } });

  await type(`${line} --older-than 0s --yes`, world);

  const login = world.loginIn("a");
  expect(login && world.azure.knows(login)).toBe(true);
});

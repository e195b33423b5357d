import { expect, test } from "vitest";
import type { Entry } from "../../../src/secret/entry.ts";
import { stuckPod } from "../../support/fakes/cluster.ts";
import { shared, stored } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { copyOf, isAlive, notedSecret, noteIn, slotsOf } from "../../support/rotating.ts";

/** Any client can use this field manager. */
const manager = "kubectl-acr-secret";

const create = "create --registry myregistry --repository app/web";

/** Creates Secrets, and a namespace `evil` whose tenant knows the name of their token. */
async function withEvil(...names: string[]): Promise<FakeWorld> {
  const world = await stored(...names);
  addNamespaces(world.cluster, "evil");
  return world;
}

test.for<{ why: string; put(world: FakeWorld, note: Entry): void }>([
  {
    why: "with a guess inside",
    put: (world, note) =>
      void world.cluster.put(notedSecret("evil", "acr-myregistry", [note], { username: note.identity, password: "guessed" }), manager),
  },
  {
    why: "as one that has ended",
    put: (world) => void world.cluster.put(copyOf(world, "a", { at: "evil", notes: { expiresAt: "2020-01-01T00:00:00Z" } }), manager),
  },
])("a Secret that notes the password of others $why gets none of their token, and takes it from nobody", async ({ put }) => {
  const world = await withEvil("a");
  const note = noteIn(world, "a");
  put(world, note);

  const { code, stderr } = await type(`${create} -n evil`, world.ports);

  expect(code).toBe(0);
  expect(stderr).toMatch(/^Warning: secret\/acr-myregistry notes a dead password of the ACR token .*, if that token is meant for it\n$/);
  expect(noteIn(world, "evil").identity).not.toBe(note.identity);
  expect(slotsOf(world, note.identity)).toEqual(["password1"]);
  expect(["a", "evil"].map((at) => isAlive(world, at))).toEqual([true, true]);
});

test("of a shared credential the password goes on that one of its Secrets notes and does not hold", async () => {
  const world = await withEvil("a", "b");
  const note = noteIn(world, "a");
  const before = world.loginIn("b");
  const hostile = notedSecret("a", "acr-myregistry", [note], { username: shared, password: "guessed" });
  world.cluster.put(hostile, manager);

  const { code, stderr } = await type(`${create} --namespaces a,b --credential-per scope`, world.ports);

  expect({ code, stderr }).toEqual({ code: 0, stderr: "2 Secrets configured\n" });
  expect(before && world.azure.knows(before)).toBe(true);
  expect(["a", "b"].map((at) => isAlive(world, at))).toEqual([true, true]);
});

test.for(["*", "--force", "web --force", "a\nkubectl delete ns demo"])(
  "prints no command about a controller when a pod's owner reference has the name %j",
  async (name) => {
    const world = await withEvil("a");
    const { metadata, ...pod } = stuckPod("evil", "web-1", "myregistry.azurecr.io/app/web:1");
    const owner = { apiVersion: "batch/v1", kind: "Job", name, uid: "o", controller: true };
    world.cluster.put({ ...pod, metadata: { ...metadata, ownerReferences: [owner] } });

    const { stderr } = await type(`${create} -n evil --serviceaccount default`, world.ports);

    expect(stderr).toContain("kubectl acr-secret attach -n evil acr-myregistry pod/web-1 --recreate\n");
    expect(stderr).not.toContain("job/");
  },
);

test.for([
  { why: "the registry is not asked", more: "--verify=false", verdict: undefined },
  { why: "the registry cannot be reached", more: "", verdict: "unreachable" },
  { why: "the registry throttles", more: "", verdict: "throttled" },
])("replaces no login by one that a user of another namespace wrote when $why", async ({ more, verdict }) => {
  const world = await stored("a", "b");
  const hostile = notedSecret("a", "acr-myregistry", [noteIn(world, "a")], { username: shared, password: "guessed" });
  world.cluster.put(hostile, manager);
  if (verdict) world.asking.around(async ({ port }, next) => (port === "registry" ? { verdict, message: "no answer" } : next()));

  const { code, stderr } = await type(`${create} --namespaces a,b --credential-per scope ${more}`, world.ports);

  expect(code).toBe(1);
  expect(stderr).toContain('b: error: secret "acr-myregistry" in namespace "b" holds another login for myregistry.azurecr.io than the one');
  expect(isAlive(world, "b")).toBe(true);
  expect(await type(`${create} --namespaces a,b --credential-per scope ${more} --force`, world.ports)).toMatchObject({ code: 0 });
});

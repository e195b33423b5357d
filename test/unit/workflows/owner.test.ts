import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { openInterruption } from "../../../src/interruption.ts";
import type { ClusterScope } from "../../../src/scope/cluster-scopes.ts";
import { clusterId } from "../../../src/secret/azure-words.ts";
import { tokenName } from "../../../src/secret/names.ts";
import { ownerOf, sharedOwner } from "../../../src/workflows/owner.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { namespace } from "../../support/fakes/cluster.ts";
import { type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";

/** Creates a world whose namespaces have these uids. */
function world(uids: Readonly<Record<string, string>>): FakeWorld {
  const made = fakeWorld();
  for (const [name, uid] of Object.entries(uids)) made.cluster.put(namespace(name, { uid }));
  return made;
}

const portOf = ({ cluster }: FakeWorld) => cluster.open({ kube: { forward: [], requestTimeout: 0 }, interruption: openInterruption() });
const placeOf = (in_: FakeWorld, name = "demo") => ({ namespace: name, cluster: portOf(in_) });
const clusterScopeOf = (in_: FakeWorld): ClusterScope => ({ cluster: portOf(in_), namespaces: [], open: true });

test("derives a Secret's name in Azure from the uid of its namespace, read once", async () => {
  const in_ = world({ demo: "u1" });
  const owner = ownerOf(placeOf(in_), "acr");

  expect(await owner.ownName()).toMatch(/^demo-acr-[0-9a-f]{10}$/);
  expect(await owner.ownName()).toBe(await owner.ownName());
  expect(in_.asking.all).toEqual(["get namespace demo"]);
  expect(owner).toMatchObject({ secret: "acr", words: "secret acr in namespace demo", alone: true });
});

test("describes the cluster in Azure when its uid may be read", async () => {
  const in_ = world({ demo: "u1", "kube-system": "k" });
  const inDemo = () => ownerOf(placeOf(in_), "acr");
  const inMany = () => sharedOwner(clusterScopeOf(in_), "acr");
  const id = clusterId("k");

  expect(await inDemo().wordsInCluster()).toBe(`secret acr in namespace demo of cluster ${id}`);
  expect(await inMany().wordsInCluster()).toBe(`secret acr in many namespaces of cluster ${id}`);

  in_.asking.around(refusing(is("get namespace"), () => new CliError("forbidden", "may not")));
  expect(await inDemo().wordsInCluster()).toBe("secret acr in namespace demo");
  expect(await inMany().wordsInCluster()).toBe("secret acr in many namespaces");
});

test("requests no name before it is needed", () => {
  const in_ = world({ demo: "u1" });
  ownerOf(placeOf(in_), "acr");
  sharedOwner(clusterScopeOf(in_), "acr");

  expect(in_.asking.all).toEqual([]);
});

test("derives other names for a namespace that was created again and for another Secret", async () => {
  const name = (uid: string, secret = "acr") => ownerOf(placeOf(world({ demo: uid })), secret).ownName();

  expect(new Set([await name("u1"), await name("u2"), await name("u1", "other")]).size).toBe(3);
});

test("owns the name of its own Secret only", async () => {
  const owner = ownerOf(placeOf(world({ demo: "u1" })), "acr");

  expect([await owner.owns(await owner.ownName()), await owner.owns("another")]).toEqual([true, false]);
});

test("derives the name of a shared credential from the cluster", async () => {
  const owner = sharedOwner(clusterScopeOf(world({ "kube-system": "u1" })), "acr");

  expect(await owner.ownName()).toMatch(/^shared-acr-[0-9a-f]{10}$/);
  expect(owner).toMatchObject({ secret: "acr", words: "secret acr in many namespaces", alone: false });
});

/** Returns a scope with these namespaces. */
const selecting = (in_: FakeWorld, ...namespaces: string[]): ClusterScope => ({ ...clusterScopeOf(in_), namespaces });
const ab = () => world({ "kube-system": "u", a: "ua", b: "ub" });

test("names a new shared credential by the first selected namespace that exists", async () => {
  const nameOf = (...namespaces: string[]) => sharedOwner(selecting(ab(), ...namespaces), "acr").ownName();

  expect(await nameOf("a", "b")).toBe(await nameOf("a"));
  expect(await nameOf("nope", "a")).toBe(await nameOf("a"));
  expect(await nameOf("b")).not.toBe(await nameOf("a"));
});

test.for([
  { why: "another selection named it", name: (in_: FakeWorld) => sharedOwner(selecting(in_, "a"), "acr").ownName(), owned: true },
  { why: "an earlier version named it", name: async () => tokenName("u", "shared", "acr"), owned: true },
  { why: "it contains another Secret's name", name: (in_: FakeWorld) => sharedOwner(selecting(in_, "b"), "other").ownName(), owned: false },
  { why: "another cluster named it", name: async () => tokenName("other", "shared", "acr"), owned: false },
])("answers $owned for a shared credential when $why", async ({ name, owned }) => {
  const in_ = ab();

  expect(await sharedOwner(selecting(in_, "b"), "acr").owns(await name(in_))).toBe(owned);
});

test("compares the selected namespaces when the namespaces of the cluster may not be listed", async () => {
  const in_ = ab();
  const byA = await sharedOwner(selecting(in_, "a"), "acr").ownName();
  in_.asking.around(refusing(is("list namespace"), () => new CliError("forbidden", "may not")));

  expect(await sharedOwner(selecting(in_, "b", "a"), "acr").owns(byA)).toBe(true);
  expect(await sharedOwner(selecting(in_, "b"), "acr").owns(byA)).toBe(false);
});

test("prints the command that creates the namespace when it does not exist", async () => {
  await expect(ownerOf(placeOf(world({}), "nope"), "acr").ownName()).rejects.toMatchObject({
    kind: "notFound",
    message: 'Error from server (NotFound): namespaces "nope" not found',
  });
});

test("prints a hint when the namespace may not be read", async () => {
  const in_ = world({ demo: "u1" });
  const allow = in_.asking.around(refusing(is("get namespace"), () => new CliError("forbidden", "may not")));
  await expect(ownerOf(placeOf(in_), "acr").ownName()).rejects.toMatchObject({
    kind: "forbidden",
    message: "may not",
    hint: expect.stringContaining("--service-principal=NAME"),
  });

  allow();
  in_.asking.around(refusing(is("get namespace"), () => new CliError("timeout", "too slow")));
  await expect(ownerOf(placeOf(in_), "acr").ownName()).rejects.toMatchObject({ kind: "timeout", message: "too slow", hint: undefined });
});

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

/** Creates a world whose namespaces have these uids in each of its clusters. */
function world(uids: Readonly<Record<string, string>>, contexts: string[] = []): FakeWorld {
  const made = fakeWorld({ contexts });
  for (const [context, cluster] of made.clusters)
    for (const [name, uid] of Object.entries(uids)) cluster.put(namespace(name, { uid: `${uid}${context}` }));
  return made;
}

const portOf = ({ clusters, cluster }: FakeWorld, context?: string) =>
  (context === undefined ? cluster : (clusters.get(context) ?? cluster)).open({
    kube: { forward: [], requestTimeout: 0 },
    interruption: openInterruption(),
  });
const placeOf = (in_: FakeWorld, name = "demo") => ({ context: undefined, namespace: name, cluster: portOf(in_) });
const clusterScopeOf = (in_: FakeWorld, context?: string, error?: CliError): ClusterScope => ({
  context,
  cluster: portOf(in_, context),
  namespaces: [],
  open: true,
  ...(error && { error }),
});

test("derives a Secret's name in Azure from the uid of its namespace, read once", async () => {
  const in_ = world({ demo: "u1" });
  const owner = ownerOf(placeOf(in_), "acr");

  expect(await owner.ownName()).toMatch(/^demo-acr-[0-9a-f]{10}$/);
  expect(await owner.ownName()).toBe(await owner.ownName());
  expect(in_.asking.all).toEqual(["get namespace demo"]);
  expect(owner).toMatchObject({ secret: "acr", words: "secret acr in namespace demo", alone: true });
  expect(ownerOf({ ...placeOf(in_), context: "prod" }, "acr").words).toBe("secret acr in namespace demo of context prod");
});

test("describes the cluster in Azure when its uid may be read", async () => {
  const in_ = world({ demo: "u1", "kube-system": "k" }, ["prod", "dev"]);
  const [prod, dev] = ["prod", "dev"].map((context) => clusterScopeOf(in_, context)) as [ClusterScope, ClusterScope];
  const lost = clusterScopeOf(in_, "dev", new CliError("unreachable", "no"));
  const inDemo = () => ownerOf({ ...placeOf(in_), cluster: portOf(in_, "prod") }, "acr");
  const [one, other] = [clusterId("kprod"), clusterId("kdev")];

  expect(await inDemo().wordsInCluster()).toBe(`secret acr in namespace demo of cluster ${one}`);
  expect(await sharedOwner([prod], "acr").wordsInCluster()).toBe(`secret acr in many namespaces of cluster ${one}`);
  expect(await sharedOwner([prod, dev], "acr").wordsInCluster()).toBe(`secret acr in many namespaces of clusters ${one}, ${other}`);
  // The unreachable cluster may use the credential, too.
  expect(await sharedOwner([prod, lost], "acr").wordsInCluster()).toBe("secret acr in many namespaces");

  in_.asking.around(refusing(is("get namespace"), () => new CliError("forbidden", "may not")));
  expect(await inDemo().wordsInCluster()).toBe("secret acr in namespace demo");
});

test("knows that its Secrets are in one cluster by the uids of all clusters", async () => {
  const in_ = world({ "kube-system": "k" }, ["prod", "dev"]);
  const [prod, dev] = ["prod", "dev"].map((context) => clusterScopeOf(in_, context)) as [ClusterScope, ClusterScope];
  const lost = clusterScopeOf(in_, "prod", new CliError("unreachable", "no"));
  const alias = { ...prod, context: "alias" };

  expect(await sharedOwner([prod], "acr").isInOneCluster()).toBe(true);
  expect(await sharedOwner([prod, alias], "acr").isInOneCluster()).toBe(true);
  expect(await sharedOwner([prod, dev], "acr").isInOneCluster()).toBe(false);
  expect(await sharedOwner([prod, lost], "acr").isInOneCluster()).toBe(false);
  in_.asking.around(refusing(is("get namespace"), () => new CliError("forbidden", "may not")));
  expect(await sharedOwner([prod, alias], "acr").isInOneCluster()).toBe(false);
});

test("requests no name before it is needed", () => {
  const in_ = world({ demo: "u1" });
  ownerOf(placeOf(in_), "acr");
  sharedOwner([clusterScopeOf(in_)], "acr");

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
  const owner = sharedOwner([clusterScopeOf(world({ "kube-system": "u1" }))], "acr");

  expect(await owner.ownName()).toMatch(/^shared-acr-[0-9a-f]{10}$/);
  expect(owner).toMatchObject({ secret: "acr", words: "secret acr in many namespaces", alone: false });
});

const selectingIn = (in_: FakeWorld, context: string): ClusterScope => ({ ...clusterScopeOf(in_, context), namespaces: ["demo"] });

test("derives the name from the first cluster that responds, and owns that of each", async () => {
  const in_ = world({ "kube-system": "u", demo: "d" }, ["prod", "dev"]);
  const [prod, dev] = [selectingIn(in_, "prod"), selectingIn(in_, "dev")];
  const lost = clusterScopeOf(in_, "prod", new CliError("unreachable", "no"));
  const nameOf = (...clusterScopes: ClusterScope[]) => sharedOwner(clusterScopes, "acr").ownName();

  expect(await nameOf(prod, dev)).toBe(await nameOf(prod));
  expect(await nameOf(lost, dev)).toBe(await nameOf(dev));
  expect(await nameOf(prod)).not.toBe(await nameOf(dev));
  const both = sharedOwner([prod, dev], "acr");
  expect(await Promise.all([both.owns(await nameOf(prod)), both.owns(await nameOf(dev)), both.owns("another")])).toEqual([
    true,
    true,
    false,
  ]);
});

/** Returns the scope of one cluster with these namespaces selected. */
const selecting = (in_: FakeWorld, ...namespaces: string[]): ClusterScope[] => [{ ...clusterScopeOf(in_), namespaces }];
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

test("throws when no cluster responds", async () => {
  const lost = clusterScopeOf(world({}), undefined, new CliError("unreachable", "no"));

  await expect(sharedOwner([lost], "acr").ownName()).rejects.toMatchObject({
    kind: "unreachable",
    message: "no selected cluster can be reached",
  });
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
    hint: expect.stringContaining("--acr-token NAME"),
  });

  allow();
  in_.asking.around(refusing(is("get namespace"), () => new CliError("timeout", "too slow")));
  await expect(ownerOf(placeOf(in_), "acr").ownName()).rejects.toMatchObject({ kind: "timeout", message: "too slow", hint: undefined });
});

import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { openInterruption } from "../../../src/interruption.ts";
import type { ClusterScope } from "../../../src/scope/cluster-scopes.ts";
import { readersOf } from "../../../src/usage/namespace-reader.ts";
import type { NamespaceState, ReadOptions } from "../../../src/usage/namespace-state.ts";
import { openAsking, refusing } from "../../support/fakes/asked.ts";
import { account, type FakeCluster, fakeCluster, namespace, stuckPod } from "../../support/fakes/cluster.ts";
import { accountsNamed, allOf, noTargets, these } from "../../support/target-options.ts";

const names = ["a", "a-b", "a.b", "a0", ...Array.from({ length: 16 }, (_, index) => `team-${index}`)];
const options = (more: Partial<ReadOptions> = {}): ReadOptions => ({
  secret: "acr",
  targets: accountsNamed("default"),
  lenient: false,
  pods: "waiting",
  ...more,
});

function fill(cluster: FakeCluster, name: string, index: number): void {
  cluster.put(namespace(name));
  cluster.put(account(name));
  cluster.put(account(name, "web", [], { team: "web" }));
  for (const secret of index % 3 === 0 ? [] : ["acr", "other"])
    cluster.put({ apiVersion: "v1", kind: "Secret", metadata: { name: secret, namespace: name }, type: "Opaque" });
  for (let pod = 0; pod < index % 4; pod++) cluster.put(stuckPod(name, `pod-${pod}`, "r/x"));
  cluster.put({ ...stuckPod(name, "runs", "r/x"), status: { phase: "Running" } });
}

/** Creates a cluster of twenty namespaces with different objects. */
function world() {
  const asking = openAsking();
  const cluster = fakeCluster(asking);
  for (const [index, name] of names.entries()) fill(cluster, name, index);
  const port = cluster.open({ kube: { forward: [], requestTimeout: 0 }, interruption: openInterruption() });
  const clusterScope = (open: boolean, meant = names): ClusterScope => ({ cluster: port, namespaces: meant, open, trace: () => {} });
  return { asking, cluster, clusterScope };
}

async function statesOf(clusterScope: ClusterScope, of: ReadOptions): Promise<Map<string, Omit<NamespaceState, "scope">>> {
  const seen = new Map<string, Omit<NamespaceState, "scope">>();
  for await (const reader of readersOf(clusterScope, of)) {
    const { scope, ...state } = await reader.read();
    seen.set(scope.namespace, state);
  }
  return seen;
}

test.for<{ why: string; options: ReadOptions; most?: number }>([
  { why: "one ServiceAccount", options: options() },
  { why: "two of them", options: options({ targets: accountsNamed("default", "web") }), most: 4 },
  { why: "all", options: options({ targets: allOf("serviceaccount") }) },
  { why: "those with a label", options: options({ targets: allOf("serviceaccount", "team=web") }) },
  { why: "those that match a pattern, and a named one", options: options({ targets: these("serviceaccount", ["default"], ["w*"]) }) },
  { why: "every kind, with --where-used", options: options({ targets: { picks: [], whereUsed: true }, pods: "all" }), most: 10 },
  { why: "none, and every pod", options: options({ targets: noTargets, pods: "all" }) },
  { why: "no pods", options: options({ pods: "none" }) },
])("returns the same state from cluster-wide lists and from each namespace: $why", async ({ options: of, most = 3 }) => {
  const { clusterScope, asking } = world();

  const apart = await statesOf(clusterScope(false), of);
  asking.forget();
  const joined = await statesOf(clusterScope(true), of);

  expect([...joined].sort()).toEqual([...apart].sort());
  expect(joined.size).toBe(20);
  expect(asking.all.length).toBeLessThanOrEqual(most);
  expect(asking.all.every((text) => text.startsWith("list "))).toBe(true);
});

test("yields namespaces in the order of cluster-wide lists, or in the given order", async () => {
  const { clusterScope } = world();

  expect([...(await statesOf(clusterScope(false, ["team-1", "a", "a-b"]), options())).keys()]).toEqual(["team-1", "a", "a-b"]);
  expect([...(await statesOf(clusterScope(true), options())).keys()].slice(0, 4)).toEqual(["a-b", "a.b", "a", "a0"]);
});

test("filters cluster-wide lists to the selected namespaces", async () => {
  const { clusterScope } = world();
  const meant = names.filter((name) => name !== "team-3");

  expect([...(await statesOf(clusterScope(true, meant), options())).keys()]).not.toContain("team-3");
});

test("reads again on the second call", async () => {
  const { clusterScope, cluster, asking } = world();
  for await (const reader of readersOf(clusterScope(true), options())) {
    if (reader.scope.namespace !== "team-1") continue;
    expect((await reader.read()).secret?.type).toBe("Opaque");
    cluster.remove("secret", "team-1", "acr");
    asking.forget();
    expect((await reader.read()).secret).toBeUndefined();
    expect(asking.all).toContain("get secret team-1/acr");
    return;
  }
  expect.unreachable("no place of that name");
});

test("distinguishes a missing ServiceAccount from a missing namespace", async () => {
  const { clusterScope, cluster } = world();
  cluster.remove("serviceaccount", "team-1", "default");
  const errors = new Map<string, string>();
  for await (const reader of readersOf(clusterScope(true, [...names, "nope"]), options()))
    await reader.read().catch((error: Error) => errors.set(reader.scope.namespace, error.message));

  expect([...errors]).toEqual([
    ["nope", 'Error from server (NotFound): namespaces "nope" not found'],
    ["team-1", 'Error from server (NotFound): serviceaccounts "default" not found'],
  ]);
});

test("reads each namespace when a cluster-wide list is forbidden", async () => {
  const { clusterScope, asking } = world();
  asking.around(
    refusing(
      ({ at }) => at === "secret",
      () => new CliError("forbidden", "no"),
    ),
  );

  expect((await statesOf(clusterScope(true), options())).size).toBe(20);
  expect(asking.all).toContain("get secret team-9/acr");
});

test("throws any other error of a list", async () => {
  const { clusterScope, asking } = world();
  asking.around(
    refusing(
      ({ at }) => at === "pod",
      () => new CliError("unreachable", "gone"),
    ),
  );

  await expect(statesOf(clusterScope(true), options())).rejects.toThrow("gone");
});

import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { openInterruption } from "../../../src/interruption.ts";
import { clusterScopeOf } from "../../../src/scope/cluster-scopes.ts";
import type { Scope } from "../../../src/scope/scope.ts";
import { openAsking, refusing } from "../../support/fakes/asked.ts";
import { fakeCluster, namespace } from "../../support/fakes/cluster.ts";

const scope = (more: Partial<Scope> = {}): Scope => ({
  namespaces: "current",
  selector: undefined,
  exclude: [],
  includeSystem: false,
  ...more,
});

function world(writes = true) {
  const asking = openAsking();
  const fake = fakeCluster(asking);
  for (const name of ["kube-system", "team-a", "team-b", "web"])
    fake.put(namespace(name, { labels: name === "web" ? { tier: "front" } : {} }));
  fake.put(namespace("gone", { deletionTimestamp: "2026-01-01T00:00:00Z" }));
  const cluster = fake.open({ kube: { forward: [], requestTimeout: 0, namespace: "demo" }, interruption: openInterruption() });
  return { asking, tools: { cluster: () => cluster, trace: () => {}, writes } };
}

test.for<{ why: string; scope: Partial<Scope>; namespaces: string[]; open: boolean }>([
  { why: "the current namespace, without a request", scope: {}, namespaces: ["demo"], open: false },
  {
    why: "names in the given order, even if they do not exist",
    scope: { namespaces: { names: ["web", "nope"], globs: [] } },
    namespaces: ["web", "nope"],
    open: false,
  },
  {
    why: "all except the system's, without a namespace that is being deleted",
    scope: { namespaces: "all" },
    namespaces: ["team-a", "team-b", "web"],
    open: true,
  },
  {
    why: "names before the matches of patterns, each once",
    scope: { namespaces: { names: ["web", "nope"], globs: ["team-*", "w*"] } },
    namespaces: ["web", "nope", "team-a", "team-b"],
    open: true,
  },
  {
    why: "an excluded name among patterns",
    scope: { namespaces: { names: ["web", "team-a"], globs: ["team-*"] }, exclude: ["team-a"] },
    namespaces: ["web", "team-b"],
    open: true,
  },
  { why: "by label", scope: { namespaces: "all", selector: "tier=front" }, namespaces: ["web"], open: true },
])("finds the namespaces of a scope: $why", async ({ scope: more, namespaces, open }) => {
  const { asking, tools } = world();

  expect(await clusterScopeOf(scope(more), tools)).toMatchObject({ namespaces, open });
  expect(asking.all).toHaveLength(open ? 1 : 0);
});

test("includes the system's namespaces when the run only reads", async () => {
  const { namespaces } = await clusterScopeOf(scope({ namespaces: "all" }), world(false).tools);

  expect(namespaces).toContain("kube-system");
});

test("throws the error of the list", async () => {
  const { asking, tools } = world();
  asking.around(
    refusing(
      () => true,
      () => new CliError("forbidden", "no"),
    ),
  );

  await expect(clusterScopeOf(scope({ namespaces: "all" }), tools)).rejects.toThrow("no");
});

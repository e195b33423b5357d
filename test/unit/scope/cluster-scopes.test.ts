import { expect, test } from "vitest";
import { CliError, Interrupted } from "../../../src/errors.ts";
import { openInterruption } from "../../../src/interruption.ts";
import { clusterScopesOf } from "../../../src/scope/cluster-scopes.ts";
import type { Scope } from "../../../src/scope/scope.ts";
import { openAsking, refusing } from "../../support/fakes/asked.ts";
import { fakeCluster, namespace } from "../../support/fakes/cluster.ts";

const scope = (more: Partial<Scope> = {}): Scope => ({
  contexts: "current",
  namespaces: "current",
  selector: undefined,
  exclude: [],
  includeSystem: false,
  ...more,
});

/** Creates clusters of two contexts, `prod` and `dev`. The current context is prod. */
function world(writes = true) {
  const asking = openAsking();
  const [prod, dev] = [fakeCluster(asking, "prod"), fakeCluster(asking, "dev")];
  for (const name of ["kube-system", "team-a", "team-b", "web"])
    prod.put(namespace(name, { labels: name === "web" ? { tier: "front" } : {} }));
  dev.put(namespace("team-d"));
  dev.put(namespace("gone", { deletionTimestamp: "2026-01-01T00:00:00Z" }));
  const open = (cluster: typeof prod) =>
    cluster.open({ kube: { forward: [], requestTimeout: 0, namespace: "demo" }, interruption: openInterruption() });
  const ports = { prod: open(prod), dev: open(dev) };
  const tools = {
    contexts: async () => ["prod", "dev"],
    cluster: (context: string | undefined) => (context === "dev" ? ports.dev : ports.prod),
    writes,
  };
  return { asking, tools };
}

test.for<{ why: string; scope: Partial<Scope>; clusterScopes: [string | undefined, string[], boolean][]; asks: number }>([
  { why: "the current namespace, without a request", scope: {}, clusterScopes: [[undefined, ["demo"], false]], asks: 0 },
  {
    why: "names in the given order, even if they do not exist",
    scope: { namespaces: { names: ["web", "nope"], globs: [] } },
    clusterScopes: [[undefined, ["web", "nope"], false]],
    asks: 0,
  },
  {
    why: "all except the system's",
    scope: { namespaces: "all" },
    clusterScopes: [[undefined, ["team-a", "team-b", "web"], true]],
    asks: 1,
  },
  {
    why: "names before the matches of patterns, each once",
    scope: { namespaces: { names: ["web", "nope"], globs: ["team-*", "w*"] } },
    clusterScopes: [[undefined, ["web", "nope", "team-a", "team-b"], true]],
    asks: 1,
  },
  {
    why: "an excluded name among patterns",
    scope: { namespaces: { names: ["web", "team-a"], globs: ["team-*"] }, exclude: ["team-a"] },
    clusterScopes: [[undefined, ["web", "team-b"], true]],
    asks: 1,
  },
  { why: "by label", scope: { namespaces: "all", selector: "tier=front" }, clusterScopes: [[undefined, ["web"], true]], asks: 1 },
  {
    why: "every context, without a namespace that is being deleted",
    scope: { contexts: "all", namespaces: "all" },
    clusterScopes: [
      ["prod", ["team-a", "team-b", "web"], true],
      ["dev", ["team-d"], true],
    ],
    asks: 2,
  },
  {
    why: "names in several contexts, each of which must respond",
    scope: { contexts: "all", namespaces: { names: ["web"], globs: [] } },
    clusterScopes: [
      ["prod", ["web"], false],
      ["dev", ["web"], false],
    ],
    asks: 2,
  },
  { why: "one named context", scope: { contexts: ["dev"] }, clusterScopes: [["dev", ["demo"], false]], asks: 0 },
])("finds the namespaces of a scope: $why", async ({ scope: more, clusterScopes, asks }) => {
  const { asking, tools } = world();

  const found = await clusterScopesOf(scope(more), tools);

  expect(found.map(({ context, namespaces, open }) => [context, namespaces, open])).toEqual(clusterScopes);
  expect(asking.all).toHaveLength(asks);
});

test("includes the system's namespaces when the run only reads", async () => {
  const [clusterScope] = await clusterScopesOf(scope({ namespaces: "all" }), world(false).tools);

  expect(clusterScope?.namespaces).toContain("kube-system");
});

test.for<{ namespaces: Scope["namespaces"]; dev: string[] }>([
  { namespaces: "all", dev: ["team-d"] },
  { namespaces: "current", dev: ["demo"] },
  { namespaces: { names: ["web", "team-d"], globs: [] }, dev: ["web", "team-d"] },
])("continues with other clusters when one does not respond: $namespaces", async ({ namespaces, dev }) => {
  const { asking, tools } = world();
  const error = new CliError("unreachable", "no");
  asking.around(
    refusing(
      ({ at }) => at.includes("prod:"),
      () => error,
    ),
  );

  const found = await clusterScopesOf(scope({ contexts: ["prod", "dev"], namespaces }), tools);

  expect(found.map(({ context, namespaces: names, error: why }) => [context, names, why])).toEqual([
    ["prod", [], error],
    ["dev", dev, undefined],
  ]);
});

test("keeps a cluster whose version is forbidden", async () => {
  const { asking, tools } = world();
  asking.around(
    refusing(
      () => true,
      () => new CliError("forbidden", "no"),
    ),
  );

  const found = await clusterScopesOf(scope({ contexts: "all" }), tools);

  expect(found.map(({ namespaces, error }) => [namespaces, error])).toEqual([
    [["demo"], undefined],
    [["demo"], undefined],
  ]);
});

test.for([new Interrupted(), new TypeError("a defect")])("rethrows %s", async (error) => {
  const { asking, tools } = world();
  asking.around(
    refusing(
      ({ at }) => at.includes("prod:"),
      () => error,
    ),
  );

  await expect(clusterScopesOf(scope({ contexts: ["prod", "dev"], namespaces: "all" }), tools)).rejects.toBe(error);
});

test("throws the error of the only cluster", async () => {
  const { asking, tools } = world();
  asking.around(
    refusing(
      () => true,
      () => new CliError("forbidden", "no"),
    ),
  );

  await expect(clusterScopesOf(scope({ namespaces: "all" }), tools)).rejects.toThrow("no");
});

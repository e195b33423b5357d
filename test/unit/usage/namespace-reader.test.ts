import { expect, test } from "vitest";
import { openInterruption } from "../../../src/interruption.ts";
import type { ClusterScope } from "../../../src/scope/cluster-scopes.ts";
import { readersOf } from "../../../src/usage/namespace-reader.ts";
import type { TargetOptions } from "../../../src/usage/targets.ts";
import { openAsking } from "../../support/fakes/asked.ts";
import { account, fakeCluster, namespace } from "../../support/fakes/cluster.ts";
import { accountsNamed, allOf, noTargets } from "../../support/target-options.ts";

/**
 * Returns the namespaces `team-NN`: in `team-01` no ServiceAccount has the label, `team-02` has no ServiceAccount, and `team-03` is
 * deleted.
 */
function clusterScope(count: number): ClusterScope {
  const fake = fakeCluster(openAsking());
  const namespaces = Array.from({ length: count }, (_, index) => `team-${String(index).padStart(2, "0")}`);
  for (const name of namespaces) {
    if (name !== "team-03") fake.put(namespace(name));
    if (name !== "team-02" && name !== "team-03") fake.put(account(name, "default", [], name === "team-01" ? {} : { team: "web" }));
  }
  const cluster = fake.open({ kube: { forward: [], requestTimeout: 0 }, interruption: openInterruption() });
  return { cluster, namespaces, open: true, trace: () => {} };
}

/** Returns the objects of the first four namespaces, at the first read and at the second. */
async function looks(count: number, options: TargetOptions): Promise<string[][]> {
  const seen: string[][] = [];
  for await (const { read: look } of readersOf(clusterScope(count), { secret: "acr", targets: options, pods: "none", lenient: false })) {
    const once = () =>
      look().then(
        ({ targets }) => targets.map(({ metadata }) => metadata.name).join(),
        (error: Error) => error.message,
      );
    seen.push([await once(), await once()]);
  }
  return seen.slice(0, 4);
}

const twice = (text: string) => [text, text];
const gone = 'Error from server (NotFound): namespaces "team-03" not found';

test.for<{ why: string; options: TargetOptions; places: string[] }>([
  {
    why: "-l team=web",
    options: allOf("serviceaccount", "team=web"),
    places: [
      "default",
      'no serviceaccount in namespace "team-01" has the labels team=web',
      'no serviceaccount in namespace "team-02" has the labels team=web',
      gone,
    ],
  },
  {
    why: "--all-serviceaccounts",
    options: allOf("serviceaccount"),
    places: ["default", "default", 'no serviceaccount in namespace "team-02"', gone],
  },
  {
    why: "--serviceaccount default",
    options: accountsNamed("default"),
    places: ["default", "default", 'Error from server (NotFound): serviceaccounts "default" not found', gone],
  },
  { why: "no target", options: noTargets, places: ["", "", "", ""] },
])("returns the same state for few and many namespaces: $why", async ({ options, places }) => {
  expect(await looks(15, options)).toEqual(places.map(twice));
  expect(await looks(16, options)).toEqual(places.map(twice));
});

import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { openInterruption } from "../../../src/interruption.ts";
import type { ClusterScope } from "../../../src/scope/cluster-scopes.ts";
import { imagesIn } from "../../../src/usage/images.ts";
import { picksOf, type TargetOptions } from "../../../src/usage/targets.ts";
import { type Asked, openAsking, refusing } from "../../support/fakes/asked.ts";
import { fakeCluster, stuckPod } from "../../support/fakes/cluster.ts";
import { accountsNamed, allOf, noTargets, these } from "../../support/target-options.ts";

const host = "myregistry.azurecr.io";

const cronJob = (namespace: string, name: string) => ({
  apiVersion: "batch/v1" as const,
  kind: "CronJob" as const,
  metadata: { namespace, name, labels: { app: name } },
  spec: { jobTemplate: { spec: { template: { spec: { containers: [{ name: "app", image: `${host}/job/${namespace}:1` }] } } } } },
});

/** Creates a cluster whose namespaces a, b, c and d have one pod each. Returns the repositories of the pods in a, b and c. */
async function repositories(
  open: boolean,
  refused: (asked: Asked) => boolean,
  { targets = noTargets }: { targets?: TargetOptions } = {},
): Promise<string[]> {
  const asking = openAsking();
  const fake = fakeCluster(asking);
  for (const name of ["a", "b", "c", "d"]) {
    fake.put(stuckPod(name, "web-1", `${host}/app/${name}:1`));
    fake.put(cronJob(name, "report"));
  }
  asking.around(refusing(refused, () => new CliError("forbidden", "Error from server (Forbidden): no")));
  const cluster = fake.open({ kube: { forward: [], requestTimeout: 0 }, interruption: openInterruption() });
  const clusterScope: ClusterScope = { cluster, namespaces: ["a", "b", "c"], open, trace: () => {} };
  const images = await imagesIn(clusterScope, {
    hosts: [host],
    picks: picksOf(targets),
  });
  return images.map(({ repository }) => repository);
}

const wide = ({ namespace }: Asked) => namespace === undefined;
const at =
  (...names: string[]) =>
  ({ namespace }: Asked) =>
    names.includes(namespace ?? "");

test.for<{ why: string; open: boolean; refused: (asked: Asked) => boolean; found: string[] }>([
  { why: "the list of a cluster", open: true, refused: at("a", "b", "c"), found: ["app/a", "app/b", "app/c"] },
  { why: "each namespace when the cluster-wide list is forbidden", open: true, refused: wide, found: ["app/a", "app/b", "app/c"] },
  {
    why: "the readable namespaces",
    open: true,
    refused: (asked) => wide(asked) || at("b")(asked),
    found: ["app/a", "app/c"],
  },
  { why: "the readable named namespaces", open: false, refused: at("a"), found: ["app/b", "app/c"] },
])("reads images from $why", async ({ open, refused, found }) => {
  expect(await repositories(open, refused)).toEqual(found);
});

test.for<{ why: string; targets: TargetOptions; jobs: string[] }>([
  { why: "ServiceAccounts alone", targets: accountsNamed("default"), jobs: [] },
  { why: "CronJobs, whether they run or not", targets: allOf("cronjob.batch"), jobs: ["job/a", "job/b", "job/c"] },
  { why: "the selected CronJobs", targets: these("cronjob.batch", ["x"], ["y*"]), jobs: [] },
  { why: "everything that uses the registry", targets: { picks: [], whereUsed: true }, jobs: ["job/a", "job/b", "job/c"] },
])("reads images from the templates of targets: $why", async ({ targets, jobs }) => {
  for (const open of [true, false])
    expect((await repositories(open, () => false, { targets })).toSorted()).toEqual(["app/a", "app/b", "app/c", ...jobs]);
});

test.for([true, false])("throws when reading pods is forbidden everywhere (open: %s)", async (open) => {
  await expect(repositories(open, () => true)).rejects.toThrow("(Forbidden)");
});

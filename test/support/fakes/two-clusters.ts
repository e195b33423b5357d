import { clusterId } from "../../../src/secret/azure-words.ts";
import { type } from "../in-process.ts";
import { namespace } from "./cluster.ts";
import { type FakeWorld, fakeWorld } from "./world.ts";

/** Creates a world with the clusters `one` and `two`, which have different ids and the same namespaces. */
export function twoClusters(...names: readonly string[]): FakeWorld {
  const world = fakeWorld({ contexts: ["one", "two"] });
  for (const [context, cluster] of world.clusters)
    for (const at of ["kube-system", ...names]) cluster.put(namespace(at, { uid: `${at} of ${context}` }));
  return world;
}

/** Creates the Secrets of the cluster `one`, and copies them to the cluster `two`. Azure's description names both clusters. */
export const sharedByClusters =
  (line: string) =>
  async (world: FakeWorld): Promise<void> => {
    const { code, stderr } = await type(`${line} --context one`, world.ports);
    if (code !== 0) throw new Error(stderr);
    for (const { metadata, ...secret } of world.cluster.all("secret"))
      world.clusters.get("two")?.put({ ...secret, metadata: { ...metadata, uid: `${metadata.uid} of two` } }, "kubectl-acr-secret");
    for (const { name, actions, description = "" } of world.azure.scopeMaps.values())
      world.azure.putScopeMap({ name, actions, description: description.replace(/ of cluster (\S+)$/, ` of clusters $1, ${idOfTwo}`) });
    world.asking.forget();
  };

export const idOfTwo = clusterId("kube-system of two");

import { type Cluster, listAll } from "../../src/cluster/port.ts";
import { managedNames } from "../../src/observe/secrets.ts";

/** What may be asked for the words that complete a value. */
export type Known = {
  cluster(): Cluster;
  /** The names of the kubeconfig's contexts. */
  contexts(): Promise<readonly string[]>;
};

export const contexts = (known: Known) => known.contexts();

/** The names of all namespaces. */
export async function namespaces(known: Known): Promise<readonly string[]> {
  return (await listAll(known.cluster(), "namespace", { metadataOnly: true })).map(({ metadata }) => metadata.name);
}

/** The names of the ServiceAccounts of the namespace that the command line is about. */
export async function serviceAccounts(known: Known): Promise<readonly string[]> {
  const cluster = known.cluster();
  return (await listAll(cluster, "serviceaccount", { namespace: await cluster.namespace(), metadataOnly: true })).map(
    ({ metadata }) => metadata.name,
  );
}

/** The names of the Secrets of this plugin in that namespace. */
export async function secrets(known: Known): Promise<readonly string[]> {
  const cluster = known.cluster();
  return managedNames(cluster, await cluster.namespace());
}

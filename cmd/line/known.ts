import { type Cluster, type Configured, listAll } from "../../src/cluster/port.ts";
import { managedNames } from "../../src/state/pull-secrets.ts";

/** What may be asked for the words that complete a value. */
export type Known = {
  cluster(): Cluster;
  /** The names that the kubeconfig has. */
  configured(of: Configured): Promise<readonly string[]>;
};

export const contexts = (known: Known) => known.configured("contexts");

export const clusters = (known: Known) => known.configured("clusters");

export const users = (known: Known) => known.configured("users");

/** The login servers of the registries that the namespace is about. */
export const registries = async (known: Known) => (await import("./registries.ts")).registriesAround(known.cluster());

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

/** The names of the pull secrets of that namespace, whoever made them. */
export async function pullSecrets(known: Known): Promise<readonly string[]> {
  const cluster = known.cluster();
  const where = { namespace: await cluster.namespace(), fields: "type=kubernetes.io/dockerconfigjson", metadataOnly: true };
  return (await listAll(cluster, "secret", where)).map(({ metadata }) => metadata.name);
}

/** The names of the Secrets of this plugin in that namespace. */
export async function secrets(known: Known): Promise<readonly string[]> {
  const cluster = known.cluster();
  return managedNames(cluster, await cluster.namespace());
}

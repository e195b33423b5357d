import { absent, type CliError, isForbidden, unlessForbidden } from "../errors.ts";
import { type Command, kubectl } from "../hint.ts";
import { type Cluster, listAll } from "../kube/port.ts";
import { nearest } from "../nearest.ts";
import { clusterId } from "../secret/azure-words.ts";

export const uidOf = async (cluster: Cluster, name: string): Promise<string | undefined> =>
  (await cluster.get({ kind: "namespace", name }))?.metadata.uid;

/**
 * Returns the id by which objects in Azure name a cluster; undefined if the run may not read it. After another
 * failure, an object in Azure that names no cluster would stay, because prune would not know whose it is.
 * @param read reads the uid of namespace kube-system
 */
export async function idBy(read: () => Promise<string | undefined>): Promise<string | undefined> {
  const uid = await read().catch(unlessForbidden(undefined));
  return uid === undefined ? undefined : clusterId(uid);
}

/**
 * Whether a namespace of the system refuses its Secrets, as on AKS Automatic to every user. It then counts as one without a login of this
 * plugin, unless a command or a record names it. `prune` has no such record: the Secret that had it was deleted.
 */
export const refusesAll = (namespace: string, error: unknown): boolean => isSystem(namespace) && isForbidden(error);

export const isSystem = (namespace: string): boolean => namespace.startsWith("kube-");

/** @throws CliError notFound if a namespace doesn't exist. Without permission to read it, the namespace is assumed to exist */
export async function requireNamespace(cluster: Cluster, name: string): Promise<void> {
  const uid = await uidOf(cluster, name).catch(unlessForbidden("forbidden"));
  if (uid === undefined) throw await namespaceNotFound(cluster, name);
}

/** Returns the error for a namespace that doesn't exist. The hint is a similar name, or else this command. */
export async function namespaceNotFound(
  cluster: Cluster,
  name: string,
  otherwise: Command = { ...kubectl("get namespaces"), namespace: "" },
): Promise<CliError> {
  const listed = await listAll(cluster, "namespace", { metadataOnly: true }).catch(() => []);
  const names = listed.map(({ metadata }) => metadata.name);
  const similar = nearest(name, names);
  return absent("namespaces", name, similar === undefined ? otherwise : `did you mean -n ${similar}?`);
}

export const creationOf = (name: string): Command => ({ ...kubectl("create namespace", name), namespace: "" });

import type { Cluster } from "../cluster/port.ts";
import { absent, CliError } from "../errors.ts";
import { clusterId } from "../secret/azure-words.ts";

/** The uid of a namespace; undefined if it does not exist. */
export const uidOf = async (cluster: Cluster, name: string): Promise<string | undefined> =>
  (await cluster.get({ kind: "namespace", name }))?.metadata.uid;

/** By what what is made in Azure names a cluster; undefined for whoever may not know it. @param read the uid of its kube-system */
export async function idBy(read: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    const uid = await read();
    return uid === undefined ? undefined : clusterId(uid);
  } catch (error) {
    if (error instanceof CliError) return undefined;
    throw error;
  }
}

export const noNamespace = (name: string): CliError => absent("namespaces", name, { do: "create-namespace", name });

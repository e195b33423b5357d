import type { Cluster } from "../cluster/port.ts";
import { absent, type CliError } from "../errors.ts";

/** The uid of a namespace; undefined if it does not exist. */
export const uidOf = async (cluster: Cluster, name: string): Promise<string | undefined> =>
  (await cluster.get({ kind: "namespace", name }))?.metadata.uid;

export const noNamespace = (name: string): CliError => absent("namespaces", name, { do: "create-namespace", name });

import type { Azure, AzureRegistry } from "../azure/port.ts";
import { credentialKinds, isMadeInAzure } from "../credential/kinds.ts";
import type { Fix } from "../fix.ts";
import type { Cluster } from "../kube/port.ts";
import type { CreatedObject, PruneFacts } from "../plan/prune.ts";
import { type ListedCluster, listedCluster } from "../usage/holders.ts";
import { findLogins } from "../usage/secret-logins.ts";

/** The logins of Secrets, and why not all Secrets were listed. */
type Held = Omit<PruneFacts, "now"> & { readonly unlisted: ListedCluster["unlisted"] };

/** The objects in Azure that this plugin created, and the Secrets that hold them. `now`: the time according to Azure. */
export type Leftovers = {
  readonly registry: AzureRegistry;
  readonly made: readonly CreatedObject[];
  readonly holders: Held;
  readonly now: Date | undefined;
};

/**
 * Reads what `planPrune` needs. Secrets in all namespaces count.
 * @param warn is called for objects that can't be listed
 * @throws CliError if the cluster does not respond, because then it is unknown what is left over
 */
export async function findLeftovers(
  azure: Azure,
  finding: Promise<AzureRegistry>,
  cluster: Cluster,
  warn: (text: string, fix?: Fix) => void,
): Promise<Leftovers> {
  const [registry, holders] = await Promise.all([finding, readHeld(cluster)]);
  if (holders.unlisted && holders.unlisted.kind !== "forbidden") throw holders.unlisted;
  const listing = credentialKinds.toReversed().flatMap(({ creation }) => creation?.list?.(azure, registry, warn) ?? []);
  const lists = await Promise.all(listing);
  const at = lists.find((list) => list.at !== undefined)?.at;
  return { registry, made: lists.flatMap(({ made }) => made), holders, now: at === undefined ? undefined : new Date(at) };
}

export async function readHeld(cluster: Cluster): Promise<Held> {
  const found = await findLogins({ cluster, namespaces: [], open: true }, ({ kind }) => kind === undefined || isMadeInAzure(kind));
  const { id, unlisted } = await listedCluster({ cluster }, found);
  const entries = [...found.recorded.map(({ entry }) => entry), ...found.unrecorded.map(({ heldLogin }) => heldLogin)];
  return { entries, cluster: id, unlisted };
}

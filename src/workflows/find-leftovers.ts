import type { Azure, AzureRegistry } from "../azure/port.ts";
import { credentialKinds, isMadeInAzure } from "../credential/kinds.ts";
import type { Fix } from "../fix.ts";
import type { CreatedObject, PruneFacts } from "../plan/prune.ts";
import type { ClusterScope } from "../scope/cluster-scopes.ts";
import { type Clusters, clustersOf } from "../state/holders.ts";
import { findLogins } from "../state/secret-logins.ts";

/** The logins of Secrets, and the clusters whose Secrets were not all listed. */
type Held = Omit<PruneFacts, "now"> & Pick<Clusters, "unlisted">;

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
 * @throws CliError if no cluster responds, because then it is unknown what is left over
 */
export async function findLeftovers(
  azure: Azure,
  finding: Promise<AzureRegistry>,
  clusterScopes: readonly ClusterScope[],
  warn: (text: string, fix?: Fix) => void,
): Promise<Leftovers> {
  const [registry, holders] = await Promise.all([finding, readHeld(clusterScopes)]);
  const [first] = holders.unlisted;
  if (first && holders.unlisted.length === clusterScopes.length && first.error.kind !== "forbidden") throw first.error;
  const listing = credentialKinds.toReversed().flatMap(({ creation }) => creation?.list?.(azure, registry, warn) ?? []);
  const lists = await Promise.all(listing);
  const at = lists.find((list) => list.at !== undefined)?.at;
  return { registry, made: lists.flatMap(({ made }) => made), holders, now: at === undefined ? undefined : new Date(at) };
}

export async function readHeld(clusterScopes: readonly ClusterScope[]): Promise<Held> {
  const whole = clusterScopes.map((clusterScope) => ({ ...clusterScope, namespaces: [] }));
  const found = await findLogins(whole, ({ kind }) => kind === undefined || isMadeInAzure(kind));
  const { listed: clusters, unlisted } = await clustersOf(whole, found);
  const entries = [...found.recorded.map(({ entry }) => entry), ...found.unrecorded.map(({ heldLogin }) => heldLogin)];
  return { entries, clusters, whole: unlisted.length === 0, unlisted };
}

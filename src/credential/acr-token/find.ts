import type { AcrToken, ScopeMap } from "../../azure/port.ts";
import { azureDescription, parseAzureOwner } from "../../secret/azure-words.ts";
import type { Need, Owner } from "../kind.ts";
import type { TokenEnv } from "./apply.ts";
import { currentPassword } from "./plan.ts";
import { isExportedMap, otherScopeMap } from "./scope-map.ts";

export type FoundToken = {
  readonly name: string;
  readonly token: AcrToken | undefined;
  readonly scopeMap: ScopeMap | undefined;
  /** Its scope map has another name than the token, and is never changed. */
  readonly hasSharedMap: boolean;
  /** Only the Secrets of this run can hold the token. */
  readonly alone: boolean;
  /** `create --export` has printed a password of the token. */
  readonly isExported: boolean;
  /** The Secret holds its password, but only the annotation says that it belongs to the Secret, so it may be another user's. */
  readonly isOthers?: true;
  /** The recorded token that this token replaces, because the registry rejects its password. */
  readonly replaced?: string;
};

/**
 * Returns the token whose login the Secret holds, if it belongs to the owner or if Azure shows the password that the Secret records.
 * Otherwise returns the owner's own token. Many namespaces share only a token that belongs to them by its name or its description. Anyone
 * with access to one of the namespaces can write an annotation, and could distribute their own token.
 */
export async function findToken({ owner, current }: Need, env: TokenEnv): Promise<FoundToken> {
  const readOwn = async () => asOwned(await readToken(await owner.ownName(), env), owner);
  const { entry, login } = current ?? {};
  if (entry?.kind !== "acr-token" || login?.username !== entry.identity) return readOwn();
  const existing = await readToken(entry.identity, env);
  const owned = (await owner.owns(entry.identity)) || (!owner.alone && (await isDescribedFor(owner, existing)));
  if (!owner.alone && !owned) return readOwn();
  if (owned) return asOwned(existing, owner);
  if (currentPassword(entry, existing.token)) return { ...existing, isOthers: true };
  return { ...(await readOwn()), replaced: existing.name };
}

/** Returns a token that belongs to the owner. Copies of an exported Secret can hold it too. */
const asOwned = (found: FoundToken, { alone }: Owner): FoundToken => ({ ...found, alone: alone && !found.isExported });

async function readToken(name: string, { azure, registry }: TokenEnv): Promise<FoundToken> {
  const [token, found] = await Promise.all([azure.token(registry, name), azure.scopeMap(registry, name)]);
  const other = otherScopeMap(name, token);
  const scopeMap = other === undefined ? found : await azure.scopeMap(registry, other);
  // Azure finds a token by its name in any case, but a login requires the exact case
  return {
    name: token?.name ?? name,
    alone: false,
    token,
    scopeMap,
    hasSharedMap: other !== undefined,
    isExported: isExportedMap(scopeMap),
  };
}

/**
 * Whether the scope map's description names these Secrets in one of these clusters. Writing the description requires permissions in Azure.
 */
async function isDescribedFor(owner: Need["owner"], { scopeMap, hasSharedMap }: FoundToken): Promise<boolean> {
  const described = hasSharedMap || !scopeMap ? undefined : parseAzureOwner(scopeMap.description);
  if (!described || described.words !== owner.words) return false;
  const here = parseAzureOwner(azureDescription(await owner.wordsInCluster()))?.clusters ?? [];
  return described.clusters.some((id) => here.includes(id));
}

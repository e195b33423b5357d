import type { AcrToken, AzureRegistry, Stock } from "../../azure/port.ts";
import { CliError } from "../../errors.ts";
import type { Made } from "../../plan/prune.ts";
import { ofOurs, readMadeFor } from "../../secret/azure-words.ts";
import type { Need } from "../kind.ts";
import type { TokenEnv } from "./apply.ts";
import { recordedToken, slotOf } from "./plan.ts";
import { isSameName, mapOf, type ScopeFound, sharedScopeMap } from "./scope-map.ts";

/** The token and the scope map that a command line names. */
export type TokenNames = { readonly token: string | undefined; readonly scopeMap: string | undefined };

/** The token to use, and its scope map if it exists. */
export type FoundToken = ScopeFound & {
  readonly name: string;
  /** Only the Secrets of this run can hold the token. */
  readonly alone: boolean;
  /** Only the annotation of the Secret names it. */
  readonly isRecorded?: true;
  /** The recorded token belongs to the owner, according to its name or its scope map's description. */
  readonly owned?: boolean;
  /** The recorded token that this token replaces, because the registry rejects its password. */
  readonly replaced?: string;
  /** Its scope map has another name than the token, and is never changed. */
  readonly hasSharedMap: boolean;
};

/**
 * Returns the named token. Otherwise returns the token whose login the Secret holds, if Azure shows the password that the Secret records.
 * Otherwise returns the owner's own token. Many namespaces share only a token that belongs to them by its name or its description. Anyone
 * with access to one of the namespaces can write an annotation, and could distribute their own token.
 */
export async function findToken(
  { owner, held }: Need,
  { named, azure, registry }: Pick<TokenEnv, "azure" | "registry"> & { readonly named: TokenNames },
): Promise<FoundToken> {
  const read = async (name: string, alone: boolean): Promise<FoundToken> => {
    const [token, found] = await Promise.all([azure.token(registry, name), azure.scopeMap(registry, named.scopeMap ?? name)]);
    if (named.scopeMap !== undefined && !found) throw noScopeMap(named.scopeMap, registry);
    const shared = sharedScopeMap({ name, scopeMap: named.scopeMap }, token);
    const scopeMap = shared === undefined || named.scopeMap !== undefined ? found : await azure.scopeMap(registry, shared);
    // Azure finds a token by its name in any case, but a login requires the exact case
    return { name: token?.name ?? name, alone, token, scopeMap, hasSharedMap: shared !== undefined };
  };
  if (named.token !== undefined) return read(named.token, false);
  const recorded = held && recordedToken(held);
  if (recorded === undefined) return read(await owner.ownName(), owner.alone);
  const existing = await read(recorded, false);
  const owned = (await owner.owns(recorded)) || (!owner.alone && (await isDescribedFor(owner, existing)));
  if (!owner.alone && !owned) return read(await owner.ownName(), false);
  if (existing.token && slotOf(held?.entry, existing.token)) return { ...existing, isRecorded: true, owned };
  if (owned) return { ...existing, alone: owner.alone };
  return { ...(await read(await owner.ownName(), owner.alone)), replaced: existing.name };
}

/**
 * Whether the scope map's description names these Secrets in one of these clusters. Writing the description requires permissions in Azure.
 */
async function isDescribedFor(owner: Need["owner"], { scopeMap, hasSharedMap }: FoundToken): Promise<boolean> {
  const described = hasSharedMap || !scopeMap ? undefined : readMadeFor(scopeMap.description);
  if (!described || described.words !== owner.words) return false;
  const here = readMadeFor(ofOurs(await owner.wordsInCluster()))?.clusters ?? [];
  return described.clusters.some((id) => here.includes(id));
}

/** Whether only an annotation names the token, so that it may be another user's. */
export const isOthers = ({ isRecorded, owned }: FoundToken): boolean => isRecorded === true && !owned;

const noScopeMap = (name: string, { name: registry }: AzureRegistry): CliError =>
  new CliError("notFound", `registry "${registry}" has no scope map "${name}"`, {
    hint: `az acr scope-map list --registry ${registry} --query "[].name" -o tsv`,
  });

const lower = (name = ""): string => name.toLowerCase();

/** Returns the tokens and scope maps that this plugin created. A token has no description, so the description of its scope map counts. */
export function createdTokens({ tokens, scopeMaps }: Stock, { loginServer: host }: AzureRegistry): Made[] {
  const having = Map.groupBy(tokens, (token) => lower(mapOf(token)));
  const names = new Set(tokens.map(({ name }) => lower(name)));
  return scopeMaps.flatMap((map): Made[] => {
    const of = readMadeFor(map.description);
    if (!of) return [];
    const users = having.get(lower(map.name)) ?? [];
    const token = users.find(({ name }) => isSameName(name, map.name));
    const own = token ? tokenWith(map, token, users) : mapAlone(map, users.length > 0 || names.has(lower(map.name)));
    return [{ kind: "acr-token", host, for: of, ...own }];
  });
}

type Own = Omit<Made, "kind" | "host" | "for">;

function mapAlone({ name, madeAt, changedAt }: Stock["scopeMaps"][number], isNeeded: boolean): Own {
  const to = { kind: "scopemap.azurecr.io", name } as const;
  const changed = latestOf([madeAt, changedAt]);
  return { to, identity: name, what: "scope map", passwords: [], madeAt, changedAt: changed, needed: isNeeded || undefined };
}

/** Returns a token with its scope map. Deleting the token also deletes its scope map, which other tokens may have. */
function tokenWith(map: Stock["scopeMaps"][number], token: Stock["tokens"][number], users: readonly AcrToken[]): Own {
  const { name, madeAt } = token;
  const passwords = token.passwords.map(({ slot, madeAt: at }) => ({ slot, madeAt: at }));
  const changedAt = latestOf([token, map].flatMap((one) => [one.madeAt, one.changedAt]).concat(passwords.map((one) => one.madeAt)));
  const to = { kind: "token.azurecr.io", name } as const;
  return { to, identity: name, what: "token", passwords, madeAt, changedAt, needed: users.length > 1 || undefined };
}

/** Returns the latest time; undefined if none is known. */
const latestOf = (times: readonly (string | undefined)[]): string | undefined =>
  times.filter((time) => time !== undefined).toSorted((a, b) => Date.parse(b) - Date.parse(a))[0];

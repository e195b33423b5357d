import type { Azure, AzureRegistry } from "../../azure/port.ts";
import { ofOurs, readMadeFor } from "../../secret/azure-words.ts";
import type { Need } from "../kind.ts";
import { notedToken, slotOf } from "./plan.ts";
import { lentMap, noScopeMap, type ScopeFound } from "./scope-map.ts";

/** What a command line names in Azure. */
export type Named = { readonly token: string | undefined; readonly scopeMap: string | undefined };

/** The token that is meant, as far as it is there. */
export type Found = ScopeFound & {
  readonly name: string;
  readonly alone: boolean;
  /** Nobody named it: it is in the Secret's note. */
  readonly borrowed?: true;
  /** The note is of the owner's own token, by its name or by its scope map's description. */
  readonly owned?: boolean;
  /** The token that the Secret notes, where its password is dead and this one takes its place. */
  readonly left?: string;
  /** Its scope map is not its own, and is never changed. */
  readonly lent: boolean;
};

/**
 * The token that is meant: the one that is named; else the one whose login the Secret holds, as long as Azure shows the password
 * that it notes; else the owner's own. Many namespaces share no token but the one that is theirs by its name: whoever can write a
 * note in one of them could hand out a token of his own.
 */
export async function find(named: Named, { owner, held }: Need, azure: Azure, registry: AzureRegistry): Promise<Found> {
  const read = async (name: string, alone: boolean): Promise<Found> => {
    const [token, found] = await Promise.all([azure.token(registry, name), azure.scopeMap(registry, named.scopeMap ?? name)]);
    if (named.scopeMap !== undefined && !found) throw noScopeMap(named.scopeMap, registry);
    const lent = lentMap({ name, scopeMap: named.scopeMap }, token);
    const scopeMap = lent === undefined || named.scopeMap !== undefined ? found : await azure.scopeMap(registry, lent);
    // Azure finds it in whatever case it is typed, and it signs in by its own
    return { name: token?.name ?? name, alone, token, scopeMap, lent: lent !== undefined };
  };
  if (named.token !== undefined) return read(named.token, false);
  const noted = held && notedToken(held);
  if (noted === undefined) return read(await owner.ownName(), owner.alone);
  const kept = await read(noted, false);
  const owned = (await owner.owns(noted)) || (!owner.alone && (await isDescribedFor(owner, kept)));
  if (!owner.alone && !owned) return read(await owner.ownName(), false);
  if (kept.token && slotOf(held?.entry, kept.token)) return { ...kept, borrowed: true, owned };
  if (owned) return { ...kept, alone: owner.alone };
  const own = await read(await owner.ownName(), owner.alone);
  return { ...own, left: kept.name };
}

/** Whether a token that is noted on a Secret is not its owner's: it may be anybody's. */
export const isOthers = ({ borrowed, owned }: Found): boolean => borrowed === true && !owned;

/** Whether the description of the scope map, which requires rights in Azure to write, names these Secrets in one of these clusters. */
async function isDescribedFor(owner: Need["owner"], { scopeMap, lent }: Found): Promise<boolean> {
  const described = lent || !scopeMap ? undefined : readMadeFor(scopeMap.description);
  if (!described || described.words !== owner.words) return false;
  const here = readMadeFor(ofOurs(await owner.wordsInCluster()))?.clusters ?? [];
  return described.clusters.some((id) => here.includes(id));
}

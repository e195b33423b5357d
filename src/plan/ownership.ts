import { keyOf, type Ref } from "../kinds.ts";
import { servesHost } from "../registry/server-key.ts";
import { isGuid } from "../secret/azure-words.ts";
import type { Entry, Password } from "../secret/entry.ts";
import { grouped, type Member, passwordKey, uniquePasswords } from "./rotation.ts";

/**
 * The two questions of ownership, which every verb answers here:
 * 1. Which Secrets and clusters hold this credential? {@link isLoginOf}, {@link describes}, {@link unknownClusters}, {@link keptBy}
 * 2. Did this plugin create this object in Azure, and does nothing else use it? {@link mayGrant}, {@link mayDelete}
 */

/** A credential that Secrets may hold. */
export type CredentialId = {
  readonly kind: string;
  /** The user name that signs in. */
  readonly identity: string;
  /** The login server; absent if the credential is valid at any registry. */
  readonly host?: string | undefined;
};

/** A login of a Secret, from its annotation or from its docker config. The docker config does not say the kind. */
export type HeldLogin = Pick<Entry, "hosts" | "identity"> & Partial<Pick<Entry, "kind" | "slot" | "previous">>;

/** Whether a login belongs to the credential. Azure ignores the case of names. */
export const isLoginOf = ({ kind, identity, host }: CredentialId, login: HeldLogin): boolean =>
  (login.kind === undefined || login.kind === kind) &&
  login.identity.toLowerCase() === identity.toLowerCase() &&
  (host === undefined || isGuid(identity) || login.hosts.some((server) => servesHost(server, host)));

/**
 * Whether an entry of an annotation describes a login of the docker config. If its kind can't have that user name, or its spelling differs,
 * the login counts by itself. For example, a token's login that a user supplied is still the token's.
 */
export const describes = ({ kind, identity, hosts }: Entry, login: HeldLogin): boolean =>
  identity === login.identity && kindsNamed(identity).includes(kind) && isLoginOf({ kind, identity, host: hosts[0] ?? "" }, login);

/** Returns the kinds of credentials in Azure that can have a user name. */
const kindsNamed = (identity: string): readonly string[] => (isGuid(identity) ? ["service-principal", "entra"] : ["acr-token"]);

/**
 * Returns the clusters that Azure's description of a credential names, except this one.
 * @param listed the id of this cluster if all its Secrets were listed
 */
export const unknownClusters = (described: readonly string[], listed: string | undefined): readonly string[] =>
  described.filter((id) => id !== listed);

/** Everything that may hold a credential, except the Secrets for which a run revokes it. */
type OtherHolders = {
  /** The number of Secrets that hold it, or may hold it. */
  readonly secrets: number;
  /** Ids of clusters that Azure's description names and that were not listed completely. */
  readonly clusters: readonly string[];
  /** Not all Secrets of this cluster could be listed. */
  readonly unlisted: boolean;
  /** The credential's name is derived from only one Secret, so it was never given to another cluster. */
  readonly owned: boolean;
};

/**
 * Returns the reason why a credential must not be revoked or get more repositories; undefined if there is none.
 * @param force the user accepts unknown holders
 */
export function keptBy({ secrets, clusters, unlisted, owned }: OtherHolders, force = false): "secret" | "cluster" | undefined {
  if (secrets > 0) return "secret";
  return (clusters.length > 0 || unlisted) && !owned && !force ? "cluster" : undefined;
}

/** A token, scope map or application in Azure. Its display name is no evidence, because any user of the tenant can choose it. */
export type AzureObject = {
  /** Its description or notes say that this plugin created it. */
  readonly described: boolean;
  /** The identity that created it. */
  readonly creator: "self" | "other" | "unknown";
  /** A proven holder records its id. */
  readonly recorded: boolean;
  /** Sign-in methods that this plugin did not create. */
  readonly otherKeys: readonly ("password" | "certificate" | "federated credential")[];
  /** Other objects in Azure use it, as several tokens can use one scope map. */
  readonly shared: boolean;
};

/** Whether an object that the user did not name may get permissions or a password. */
export const mayGrant = ({ described, creator, recorded, otherKeys, shared }: AzureObject): boolean =>
  described && (recorded || creator === "self") && otherKeys.length === 0 && !shared;

/** Whether an object may be deleted after no Secret holds its passwords. */
export const mayDelete = ({ described, otherKeys, shared }: Omit<AzureObject, "creator" | "recorded">): boolean =>
  described && otherKeys.length === 0 && !shared;

/** One credential that Secrets to be deleted record. */
export type Revocable = {
  readonly entry: Entry;
  /** The login server of its registry. */
  readonly host: string;
  /** These Secrets, each with its entry. */
  readonly members: readonly [Member, ...Member[]];
};

export function revocablesOf(leaving: readonly { readonly to: Ref<"secret">; readonly entries: readonly Entry[] }[]): Revocable[] {
  const all = leaving.flatMap(({ to, entries }) => entries.map((entry): Member => ({ to, entry })));
  const credentials = grouped(all, ({ entry: { kind, identity, hosts } }) => JSON.stringify([kind, identity, hosts[0]]));
  return credentials.map((members) => {
    const { entry } = members.at(-1) as Member;
    return { entry, host: entry.hosts[0] ?? "", members: members as [Member, ...Member[]] };
  });
}

/** Returns the distinct passwords of Secrets: the current and the previous ones. */
export const passwordsIn = (members: readonly Pick<Member, "entry">[]): Password[] =>
  uniquePasswords(members.flatMap(({ entry }) => passwordsOf(entry)));

function passwordsOf({ slot, madeAt, previous }: Entry): Password[] {
  return previous ? [{ slot, madeAt }, { ...previous }] : [{ slot, madeAt }];
}

/**
 * Returns the passwords that no other Secret has. `whole`: no other Secret records the credential at all. `keptBy`: the Secrets that need
 * some of the passwords too.
 * @param others logins that other Secrets record
 */
export function revocableParts({ entry }: Revocable, passwords: readonly Password[], others: readonly Member[]) {
  const same = others.filter((other) => isLoginOf({ kind: entry.kind, identity: entry.identity }, other.entry));
  const heldKeys = new Set(passwordsIn(same).map(passwordKey));
  const wanted = new Set(passwords.map(passwordKey));
  const keepers = same.filter((other) => passwordsOf(other.entry).some((password) => wanted.has(passwordKey(password))));
  return {
    passwords: passwords.filter((password) => !heldKeys.has(passwordKey(password))),
    whole: same.length === 0,
    keptBy: [...new Map(keepers.map(({ to }) => [keyOf(to), to])).values()],
  };
}

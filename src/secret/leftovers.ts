import type { Application, AzureRegistry, RoleAssignment, TokenList } from "../azure/port.ts";
import { keyOf, type Ref } from "../kinds.ts";
import type { Metadata } from "../objects.ts";
import type { Login } from "../registry/port.ts";
import { hostOf, servesHost } from "../registry/server-key.ts";
import { youngAge } from "../retry.ts";
import { type AzureOwner, isDerived, mapOf, parseAzureOwner, secretIn } from "./azure-words.ts";
import { type Credential, claimOf, recordIn, sourceOf } from "./record.ts";

// Which objects in Azure this plugin created, and which of them no pull secret holds.

/** An object in Azure that this plugin created, according to its description. */
export type Created = {
  readonly to: Ref;
  readonly what: "token" | "scope map" | "application" | "password" | "role" | "federated credential";
  /** The kind of credential that it belongs to. */
  readonly kind: string;
  /** The user name of its logins; for a federated credential, the resource id of its managed identity. */
  readonly identity: string;
  /** The client id of this managed identity. */
  readonly client?: string | undefined;
  /** The login server of its logins; absent if they are valid at several registries. */
  readonly host?: string;
  /** All its passwords; for a password of an application only that one. */
  readonly passwords: readonly { readonly slot: string; readonly madeAt?: string | undefined }[];
  /** The ids of all passwords of the application, and the name of this one, for a password of an application. */
  readonly existing?: readonly string[];
  readonly key?: string;
  readonly for: AzureOwner;
  /** When it was created and when any part of it was last changed (RFC 3339), if Azure shows that. */
  readonly madeAt: string | undefined;
  readonly changedAt: string | undefined;
  /** Another object in Azure, a ServiceAccount or only Azure Workload Identity needs it, or it has other sign-in methods than these passwords. */
  readonly needed?: true | "workload identity" | undefined;
  /** A role whose principal was deleted, or a federated credential. No Secret can hold these. */
  readonly lost?: true;
};

const lower = (name = ""): string => name.toLowerCase();

/** Returns the tokens and scope maps that this plugin created. A token has no description, so the description of its scope map counts. */
export function createdTokens({ tokens, scopeMaps }: TokenList, { loginServer: host }: Pick<AzureRegistry, "loginServer">): Created[] {
  const having = Map.groupBy(tokens, (token) => lower(mapOf(token)));
  const names = new Set(tokens.map(({ name }) => lower(name)));
  return scopeMaps.flatMap((map): Created[] => {
    const owner = parseAzureOwner(map.description);
    if (!owner) return [];
    const users = having.get(lower(map.name)) ?? [];
    const token = users.find(({ name }) => lower(name) === lower(map.name));
    // Deleting a token also deletes its scope map, which other tokens may have
    const needed = users.some((one) => one !== token) || (!token && names.has(lower(map.name))) || undefined;
    const { name: identity, madeAt } = token ?? map;
    const passwords = (token?.passwords ?? []).map((password) => ({ slot: password.slot, madeAt: password.madeAt }));
    const changedAt = latestOf([map, token ?? {}, ...passwords]);
    const common = { kind: "acr-token", identity, host, passwords, for: owner, madeAt, changedAt, needed } as const;
    return token
      ? [{ to: { kind: "token.azurecr.io", name: identity }, what: "token", ...common }]
      : [{ to: { kind: "scopemap.azurecr.io", name: identity }, what: "scope map", ...common }];
  });
}

/** Returns the latest time of creation or change; undefined if none is known. */
const latestOf = (all: readonly { readonly madeAt?: string | undefined; readonly changedAt?: string | undefined }[]): string | undefined =>
  all
    .flatMap(({ madeAt, changedAt }) => [madeAt, changedAt])
    .filter((time) => time !== undefined)
    .toSorted((a, b) => Date.parse(b) - Date.parse(a))[0];

/**
 * Returns the passwords that this plugin added to an application, or the application itself if it has none.
 * @param needed other users sign in to it with a certificate or a federated credential
 */
export function createdIn({ displayName: name, appId: identity, notes, madeAt, keys }: Application, needed: boolean): Created[] {
  const common = { to: { kind: "application.graph.microsoft.com", name }, kind: "service-principal", identity } as const;
  const existing = keys.map(({ slot }) => slot);
  const passwords = keys.flatMap((key): Created[] => {
    const { slot, displayName, madeAt: at } = key;
    const of = parseAzureOwner(displayName);
    if (!of) return [];
    return [
      {
        ...common,
        what: "password",
        passwords: [{ slot, madeAt: at }],
        existing,
        key: displayName,
        for: of,
        madeAt: at,
        changedAt: at,
      },
    ];
  });
  const of = parseAzureOwner(notes);
  if (keys.length > 0 || !of) return passwords;
  return [{ ...common, what: "application", passwords: [], for: of, madeAt, changedAt: madeAt, needed: needed || undefined }];
}

/** A role assignment of this plugin whose principal was deleted. It is named after the principal. */
export const orphanedRole = ({ principalId, role, madeAt }: RoleAssignment): Created => ({
  to: { kind: "roleassignment.management.azure.com", name: principalId },
  what: "role",
  kind: "service-principal",
  identity: "",
  passwords: [{ slot: role }],
  for: { words: "a deleted application" },
  madeAt,
  changedAt: madeAt,
  lost: true,
});

/** A federated credential that `secretless create` made. */
export const federatedCredential = (to: Ref, of: IdentityOf, account: Ref, { cluster, needed }: FederatedOf): Created => ({
  to,
  what: "federated credential",
  kind: "secretless",
  identity: of.id,
  client: of.clientId,
  passwords: [],
  for: { words: `serviceaccount ${account.name} in namespace ${account.namespace}`, cluster },
  madeAt: undefined,
  // A run creates it only for a ServiceAccount that exists, so it is never too recent
  changedAt: "1970-01-01T00:00:00Z",
  needed,
  lost: true,
});

/** A managed identity by its resource id, with its client id. */
export type IdentityOf = { readonly id: string; readonly clientId: string | undefined };

type FederatedOf = Pick<Created, "needed"> & { readonly cluster: string };

/** What a Secret holds, or is about to hold. */
type Held = {
  /** A user name, or the name of a token or application. */
  readonly name: string;
  /** The server of the login; absent: any. */
  readonly server?: string | undefined;
  /** The slots of its passwords; absent: it may be any. */
  readonly slots?: readonly string[] | undefined;
  /** The name of a key that a run is about to add. */
  readonly key?: string | undefined;
};

type WithLogins = Parameters<typeof recordIn>[0] & {
  readonly logins: readonly { readonly server: string; readonly login: Login }[];
};

/** What the pull secrets of a cluster hold, by the name of the account in lower case. Azure ignores the case of names. */
type HeldByName = ReadonlyMap<string, readonly Held[]>;

/**
 * Collects what Secrets hold, by their records, their claims and their logins. A record counts whatever tool the label names. A login whose
 * password no record describes may be any password of its user name.
 */
export function openHeld() {
  const found: Held[] = [];
  const described = new Set<string>();
  const others = new Map<string, Held & { readonly print: string; readonly source: string | undefined }>();

  function add({ metadata, logins }: WithLogins): void {
    const [record, claim] = [recordIn({ metadata }), claimOf({ metadata })];
    // The claim of a rotation names no account, because the record does
    const claimed = claim && (claim.identity ?? record?.identity);
    if (claimed !== undefined) found.push({ name: claimed, slots: [], key: claim?.intent?.slot });
    if (record) found.push({ name: record.identity, server: record.host, slots: slotsIn(record) });
    for (const of of logins) addLogin(of, record, metadata);
  }

  function addLogin({ server, login }: WithLogins["logins"][number], record: Credential | undefined, metadata: Metadata): void {
    const print = login.password.hash(login.username);
    if (record && describes(record, server, login)) return void described.add(`${print} ${metadata.namespace}/${metadata.name}`);
    const of = sourceOf({ metadata });
    const source = of && `${of.namespace}/${of.name}`;
    others.set(`${print} ${source} ${server}`, { name: login.username, server, print, source });
  }

  return {
    add,
    all(): HeldByName {
      // A copy holds the password that its source records. The record of another Secret may be wrong: anyone in its namespace can write it
      const unknown = [...others.values()].filter(({ print, source }) => !described.has(`${print} ${source}`));
      return Map.groupBy([...found, ...unknown], ({ name }) => lower(name));
    },
  };
}

const slotsIn = ({ slot, previous }: Credential): readonly string[] | undefined =>
  slot === undefined ? undefined : [slot, ...(previous ? [previous.slot] : [])];

/** Whether a record says which password a login has. */
const describes = ({ slot, identity, host }: Credential, server: string, login: Login): boolean =>
  slot !== undefined && identity === login.username && hostOf(server) === host;

export type HolderFacts = {
  readonly held: HeldByName;
  /** The id of the cluster; undefined if not all its Secrets were listed. */
  readonly cluster: string | undefined;
  /** The namespaces that refuse their Secrets, which may hold any credential of the cluster. */
  readonly closed: ReadonlySet<string>;
  /** The kube-* namespaces with a copy of a source, by its key, as its record lists them. */
  readonly recorded: ReadonlyMap<string, readonly string[]>;
  /** The user accepts that. Only what is for a Secret of these namespaces, or for a source that records a copy there, is kept. */
  readonly force: boolean;
  /** The uids of its namespaces, for objects whose description names no cluster. */
  readonly namespaceUids: ReadonlySet<string>;
};

export type PruneOptions = {
  /** Keeps objects that were changed within this number of milliseconds: a run may not have written its Secret yet. */
  readonly olderThan: number;
  /** Also deletes what `create --export` has printed and no Secret holds: all except the newest of each Secret, or all. */
  readonly exports: "none" | "older" | "all";
  /** Also deletes what namespaces that refuse their Secrets may hold. */
  readonly force: boolean;
};

/**
 * `exported`: a copy of it may exist, but no Secret holds it. `unknown`: it names no cluster, or its name is not derived. `too recent`: its run
 * may not have ended.
 */
type LeftoverState = "orphan" | "exported" | "other cluster" | "unknown" | "too recent" | "in use";

export type Leftover = Created & { readonly state: LeftoverState; readonly willDelete: boolean };

/**
 * Determines which objects are leftovers. Keeps an object that a Secret holds, that another cluster may hold, or that a run has just
 * created.
 * @param now the time of Azure's clock; undefined if unknown
 */
export function judgeLeftovers(created: readonly Created[], facts: HolderFacts, now: Date | undefined, options: PruneOptions): Leftover[] {
  const kept = keptExports(created, options);
  return created.map((one) => {
    // Azure may not show the principal of a young role yet
    const olderThan = Math.max(options.olderThan, one.what === "role" ? youngAge : 0);
    const state = stateOf(one, facts, kept.has(one), () => olderThan > 0 && isYoung(one, now, olderThan));
    return { ...one, state, willDelete: state === "orphan" };
  });
}

function stateOf(one: Created, facts: HolderFacts, isKeptExport: boolean, isTooRecent: () => boolean): LeftoverState {
  if (one.needed || isHeld(one, facts.held)) return "in use";
  const state = one.lost ? "orphan" : stateByCluster(one, facts);
  // No flag deletes an object of another cluster, however old it is
  if (state === "other cluster" && facts.cluster !== undefined) return state;
  if (isKeptExport) return "exported";
  return isTooRecent() ? "too recent" : state;
}

/** Whether a Secret that can't be read may hold an object. The name of a password with a long owner names no namespace. */
function mayBeHeld(one: Created, { closed, recorded, force }: HolderFacts): boolean {
  const secret = force ? secretIn(one.for) : undefined;
  if (!secret) return closed.size > 0;
  const copies = recorded.get(keyOf({ kind: "secret", ...secret })) ?? [];
  return [secret.namespace, ...copies].some((namespace) => closed.has(namespace));
}

function stateByCluster(one: Created, facts: HolderFacts): LeftoverState {
  const { cluster: of, namespaceUid = "" } = one.for;
  const { cluster, namespaceUids } = facts;
  if (mayBeHeld(one, facts) && (of === undefined || of === cluster)) return "unknown";
  const isHere = of === undefined ? cluster !== undefined && namespaceUids.has(namespaceUid) : of === cluster;
  // Anyone can copy a description
  if (isHere) return one.what === "password" || isDerived(one.to.name, one.for) ? "orphan" : "unknown";
  return of === undefined ? "unknown" : "other cluster";
}

/** Returns what Secrets hold, or are about to hold, of an account. */
export const heldOf = ({ identity, to }: Pick<Created, "identity" | "to">, held: HeldByName): readonly Held[] => [
  ...(held.get(lower(identity)) ?? []),
  ...(held.get(lower(to.name)) ?? []),
];

/** Whether a Secret holds an object. For a token, either password counts for the whole token. */
function isHeld(one: Created, held: HeldByName): boolean {
  return !one.lost && heldOf(one, held).some((by) => servesIt(one, by) && (one.what !== "password" || mayBePassword(one, by)));
}

const servesIt = ({ host }: Created, { server }: Held): boolean => host === undefined || server === undefined || servesHost(server, host);

/** Whether a login may be a password. A slot that doesn't exist says nothing, so the login may be any password. */
const mayBePassword = ({ passwords, existing, key }: Created, { slots, key: noted }: Held): boolean =>
  (key !== undefined && key === noted) ||
  slots === undefined ||
  slots.some((slot) => existing?.includes(slot) === false || passwords.some((password) => password.slot === slot));

/** Returns the exported credentials that are kept because copies of them may exist outside of the cluster. */
function keptExports(created: readonly Created[], { exports }: PruneOptions): ReadonlySet<Created> {
  // Without a password, nothing was printed
  const exported = created.filter((one) => one.for.isExported && one.passwords.length > 0);
  if (exports === "none") return new Set(exported);
  if (exports === "all") return new Set();
  const age = ({ madeAt }: Created) => (madeAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(madeAt));
  const ofSecret = Map.groupBy(exported, ({ for: { words, cluster, namespaceUid = "" } }) =>
    JSON.stringify([words, cluster, namespaceUid]),
  );
  return new Set([...ofSecret.values()].flatMap((all) => all.toSorted((a, b) => age(b) - age(a))[0] ?? []));
}

/** Whether an object was changed recently. An unknown age counts as recent. */
function isYoung({ changedAt }: Created, now: Date | undefined, olderThan: number): boolean {
  const age = now === undefined || changedAt === undefined ? Number.NaN : now.getTime() - Date.parse(changedAt);
  return !(age >= olderThan);
}

/** Returns why objects stay after another look at the Secrets; undefined if they are still left over. */
export function reasonToKeep(rows: readonly Created[], facts: HolderFacts): "held" | "unlisted" | undefined {
  if (rows.some((one) => isHeld(one, facts.held))) return "held";
  const isUnknown = (one: Created) => (facts.cluster === undefined ? one.what !== "role" : !one.lost && mayBeHeld(one, facts));
  return rows.some(isUnknown) ? "unlisted" : undefined;
}

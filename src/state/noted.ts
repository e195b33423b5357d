import type { Where } from "../cluster/port.ts";
import { CliError, isForbidden, isRefusal } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import { type Metadata, pullSecretKey, type Secret } from "../objects.ts";
import { type CredentialId, describes, type HeldLogin, isLoginOf, type Manager, mayWrite, unknownClusters } from "../plan/ownership.ts";
import type { Login } from "../registry/port.ts";
import type { ClusterScope } from "../scope/cluster-scopes.ts";
import { readClaim } from "../secret/claim.ts";
import { type Entry, entryFor, managedBy, readAnnotation } from "../secret/entry.ts";
import { asPullSecret } from "../secret/shapes.ts";
import { entriesIn, loginFor } from "./existing-secret.ts";
import { idBy, uidOf } from "./namespace.ts";
import { secretIn } from "./plan-input.ts";
import { managed } from "./pull-secrets.ts";

/** A Secret from a list. */
type Listed = { readonly to: Ref<"secret">; readonly clusterScope: ClusterScope; readonly metadata: Metadata };

/** A Secret, one of the logins that its annotation names, and the login inside for that registry. */
export type Noted = Listed & {
  readonly entry: Entry;
  readonly login: Login | undefined;
  /** The label names another tool, or is missing: this run may not write the Secret without --force. */
  readonly foreign?: true;
  readonly lapsed?: "dead" | "unnamed";
};

/** A login in a Secret that its annotation doesn't name, for example in a copy by another tool. */
export type Unnoted = Listed & { readonly held: HeldLogin; readonly login: Login };

/** The logins of Secrets, and the clusters whose Secrets could not all be listed. */
export type NotedIn = {
  readonly noted: readonly Noted[];
  readonly unnoted: readonly Unnoted[];
  readonly unreadable: readonly UnreadableCluster[];
  /** The Secrets that a run has claimed, whatever they record. */
  readonly claimed: readonly Pick<Noted, "to" | "metadata">[];
};

/**
 * A cluster that doesn't respond, or whose Secrets can be listed only in some namespaces. `own`: not even the namespaces of the run could
 * be listed.
 */
export type UnreadableCluster = { readonly context: string | undefined; readonly error: CliError; readonly own: boolean };

/**
 * The list requests for one cluster. Annotations are found in the metadata of all Secrets, because Argo CD uses type Opaque, for example.
 * Data is listed only for this plugin's Secrets and for pull secrets.
 */
const withData: readonly Where[] = [
  { labels: managed },
  ...Object.keys(pullSecretKey).map((type) => ({ labels: `${managedBy.key}!=${managedBy.value}`, fields: `type=${type}` })),
];

/**
 * Returns the wanted logins of all Secrets of these clusters, in any namespace: Secrets outside a run's namespaces may hold a credential
 * too. If listing a whole cluster is forbidden, lists the namespaces of the run.
 */
export async function notedIn(clusterScopes: readonly ClusterScope[], wanted: Wanted, allow: Allowed = {}): Promise<NotedIn> {
  const all = await Promise.all(
    clusterScopes.map((clusterScope) => notedAt(clusterScope, (secret) => readSecret(clusterScope, secret, wanted, allow), wanted)),
  );
  return { ...joined(all), unreadable: all.flatMap(({ unreadable }) => unreadable) };
}

type Wanted = (login: HeldLogin) => boolean;

/** Permissions from the user: `force` allows writing Secrets of other tools. */
export type Allowed = { readonly force?: boolean };

type Read = (secret: Secret) => Found;

async function notedAt(clusterScope: ClusterScope, read: Read, wanted: Wanted): Promise<NotedIn> {
  const { context, error: failed, namespaces } = clusterScope;
  const found: Found[] = [];
  const list = async (namespace?: string): Promise<CliError | undefined> => {
    try {
      found.push(await notedOn(clusterScope, namespace, read, wanted));
      return undefined;
    } catch (error) {
      if (isRefusal(error)) return error;
      throw error;
    }
  };
  const refusal = failed ?? (await list());
  if (!refusal) return { ...joined(found), unreadable: [] };
  const reads = !failed && isForbidden(refusal);
  const unreadable: UnreadableCluster[] = [{ context, error: refusal, own: !reads }];
  for (const namespace of reads ? namespaces : []) {
    const error = await list(namespace);
    if (error) unreadable.push({ context, error, own: true });
  }
  return { ...joined(found), unreadable };
}

type Found = Omit<NotedIn, "unreadable">;

const joined = (all: readonly Found[]): Found => ({
  noted: all.flatMap(({ noted }) => noted),
  unnoted: all.flatMap(({ unnoted }) => unnoted),
  claimed: all.flatMap(({ claimed }) => claimed),
});

async function notedOn({ cluster }: ClusterScope, namespace: string | undefined, read: Read, wanted: Wanted): Promise<Found> {
  const found = new Map<string, Found>();
  const add = (secret: Secret) => void found.set(secret.metadata.uid ?? "", read(secret));
  await Promise.all(
    withData.map(async (where) => {
      for await (const page of cluster.pages("secret", { ...where, namespace })) page.forEach(add);
    }),
  );
  for await (const page of cluster.pages("secret", { namespace, metadataOnly: true })) {
    const more = page.filter(({ metadata }) => !found.has(metadata.uid ?? "") && mayName(metadata, wanted));
    for (const secret of await Promise.all(more.map(({ metadata }) => readAt(cluster, metadata)))) if (secret) add(secret);
  }
  return joined([...found.values()]);
}

/** Whether the annotation names a wanted credential, or cannot be read, so that the data decides. */
const mayName = (metadata: Metadata, wanted: Wanted): boolean => readAnnotation({ metadata })?.some(wanted) ?? true;

const readAt = (cluster: ClusterScope["cluster"], { name, namespace = "" }: Metadata) => cluster.get({ kind: "secret", name, namespace });

function readSecret(clusterScope: ClusterScope, secret: Secret, wanted: Wanted, allow: Allowed): Found {
  const { metadata } = secret;
  const listed = { to: secretIn({ ...clusterScope, namespace: metadata.namespace ?? "" }, metadata.name), clusterScope, metadata };
  const all = readAnnotation({ metadata }) ?? [];
  const manager = managerOf(metadata);
  // If several entries are for one registry, the first one counts everywhere
  const entries = all.filter((entry) => wanted(entry) && entryFor(all, entry.hosts[0] ?? "") === entry);
  const noted = entries.map((entry): Noted => {
    const login = loginFor(secret, entry.hosts[0] ?? "");
    return { ...listed, entry, login, foreign: mayWrite({ manager, beside: entry.beside === true }, allow) ? undefined : true };
  });
  const described = noted.flatMap(({ entry, login }) => (login ? [entry] : []));
  const unnoted = loginsIn(secret).flatMap(({ held, login }) =>
    wanted(held) && !described.some((entry) => describes(entry, held)) ? [{ ...listed, held, login }] : [],
  );
  return { noted, unnoted, claimed: readClaim({ metadata }) ? [listed] : [] };
}

function managerOf({ labels = {} }: Metadata): Manager {
  const { [managedBy.key]: manager } = labels;
  if (manager === undefined) return "none";
  return manager === managedBy.value ? "ours" : "other";
}

type Inside = readonly { readonly held: HeldLogin; readonly login: Login }[];

/** Returns the logins of a Secret's docker config; none if the kubelet can't read it. */
function loginsIn(secret: Secret): Inside {
  return entriesIn(asPullSecret(secret)).map(({ server, login }) => ({ held: { hosts: [server], identity: login.username }, login }));
}

/** The clusters of a run: the ids of those whose Secrets were all listed, and why the others were not. */
export type Clusters = { readonly listed: ReadonlySet<string>; readonly unlisted: readonly Pick<UnreadableCluster, "context" | "error">[] };

/** Reads the ids that name these clusters in descriptions in Azure. */
export async function clustersOf(clusterScopes: readonly ClusterScope[], { unreadable }: Pick<NotedIn, "unreadable">): Promise<Clusters> {
  const ids = await Promise.all(
    clusterScopes.map(async ({ context, cluster, error: failed }) => {
      const error = failed ?? unreadable.find((one) => one.context === context)?.error;
      const id = error ? undefined : await idBy(() => uidOf(cluster, "kube-system"));
      return { context, id, error: error ?? (id === undefined ? nameless() : undefined) };
    }),
  );
  return {
    listed: new Set(ids.flatMap(({ id, error }) => (id === undefined || error ? [] : [id]))),
    unlisted: ids.flatMap(({ context, error }) => (error ? [{ context, error }] : [])),
  };
}

const nameless = () => new CliError("forbidden", "its namespace kube-system cannot be read, by which it is known");

/** All holders of one credential. An unknown cluster counts as a holder. */
export type Holders = {
  readonly secrets: readonly (Noted | Unnoted)[];
  /** Ids of clusters that Azure's description names and that were not listed completely. */
  readonly unknown: readonly string[];
  /** Selected clusters that were not listed completely. */
  readonly unlisted: Clusters["unlisted"];
};

/** Finds all holders of one credential. @param described the ids of the clusters that its description in Azure names */
export async function holdersOf(
  clusterScopes: readonly ClusterScope[],
  credential: CredentialId,
  described: readonly string[],
): Promise<Holders> {
  const found = await notedIn(wholeClusters(clusterScopes), (login) => isLoginOf(credential, login));
  const { listed, unlisted } = await clustersOf(clusterScopes, found);
  return { secrets: [...found.noted, ...found.unnoted], unknown: unknownClusters(described, listed), unlisted };
}

/** Removes the namespaces of the run, because a list of some namespaces says nothing about the other ones. */
const wholeClusters = (clusterScopes: readonly ClusterScope[]): ClusterScope[] =>
  clusterScopes.map((clusterScope) => ({ ...clusterScope, namespaces: [] }));

import { type CliError, isForbidden, isRefusal } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import type { Where } from "../kube/port.ts";
import { type Metadata, managedBy, pullSecretKey, type Secret } from "../objects.ts";
import { describes, type HeldLogin } from "../plan/ownership.ts";
import type { Login } from "../registry/port.ts";
import type { ClusterScope } from "../scope/cluster-scopes.ts";
import { readClaim } from "../secret/claim.ts";
import { type Entry, entryFor, isOurs, readAnnotation } from "../secret/entry.ts";
import { asPullSecret } from "../secret/shapes.ts";
import { entriesIn, loginFor } from "./existing-secret.ts";
import { secretIn } from "./plan-input.ts";
import { managed } from "./pull-secrets.ts";

/** A Secret from a list. */
type Listed = { readonly to: Ref<"secret">; readonly clusterScope: ClusterScope; readonly metadata: Metadata };

/** A Secret, one of the logins that its annotation names, and the login inside for that registry. */
export type RecordedLogin = Listed & {
  readonly entry: Entry;
  readonly login: Login | undefined;
  /** The label names another tool, or is missing: this run may not write the Secret without --force. */
  readonly foreign?: true;
  readonly lapsed?: "dead" | "unnamed";
};

/** A login in a Secret that its annotation doesn't name, for example in a copy by another tool. */
export type UnrecordedLogin = Listed & { readonly heldLogin: HeldLogin; readonly login: Login };

/** The logins of Secrets, and whether all Secrets of the cluster could be listed. */
export type SecretLogins = {
  readonly recorded: readonly RecordedLogin[];
  readonly unrecorded: readonly UnrecordedLogin[];
  /**
   * Why the Secrets of the cluster can be listed only in some namespaces. `own`: not even the namespaces of the run could be listed.
   */
  readonly unreadable: readonly { readonly error: CliError; readonly own: boolean }[];
  /** The Secrets that a run has claimed, whatever they record. */
  readonly claimed: readonly Pick<RecordedLogin, "to" | "metadata">[];
};

/**
 * The list requests. Annotations are found in the metadata of all Secrets, because Argo CD uses type Opaque, for example.
 * Data is listed only for this plugin's Secrets and for pull secrets.
 */
const withData: readonly Where[] = [
  { labels: managed },
  ...Object.keys(pullSecretKey).map((type) => ({ labels: `${managedBy.key}!=${managedBy.value}`, fields: `type=${type}` })),
];

/**
 * Returns the wanted logins of all Secrets of the cluster, in any namespace. Secrets outside a run's namespaces may hold a credential
 * too. If listing a whole cluster is forbidden, lists the namespaces of the run.
 */
export async function findLogins(clusterScope: ClusterScope, wanted: Wanted, allow: Allowed = {}): Promise<SecretLogins> {
  const found: Found[] = [];
  const list = async (namespace?: string): Promise<CliError | undefined> => {
    try {
      found.push(await findInNamespace(clusterScope, namespace, wanted, allow));
      return undefined;
    } catch (error) {
      if (isRefusal(error)) return error;
      throw error;
    }
  };
  const refusal = await list();
  if (!refusal) return { ...joined(found), unreadable: [] };
  const reads = isForbidden(refusal);
  const unreadable = [{ error: refusal, own: !reads }];
  for (const namespace of reads ? clusterScope.namespaces : []) {
    const error = await list(namespace);
    if (error) unreadable.push({ error, own: true });
  }
  return { ...joined(found), unreadable };
}

type Wanted = (login: HeldLogin) => boolean;

/** Permissions from the user: `force` allows writing Secrets of other tools. */
type Allowed = { readonly force?: boolean };

type Found = Omit<SecretLogins, "unreadable">;

const joined = (all: readonly Found[]): Found => ({
  recorded: all.flatMap(({ recorded }) => recorded),
  unrecorded: all.flatMap(({ unrecorded }) => unrecorded),
  claimed: all.flatMap(({ claimed }) => claimed),
});

async function findInNamespace(clusterScope: ClusterScope, namespace: string | undefined, wanted: Wanted, allow: Allowed): Promise<Found> {
  const { cluster } = clusterScope;
  const found = new Map<string, Found>();
  const add = (secret: Secret) => void found.set(secret.metadata.uid ?? "", readSecret(clusterScope, secret, wanted, allow));
  await Promise.all(
    withData.map(async (where) => {
      for await (const page of cluster.pages("secret", { ...where, namespace })) page.forEach(add);
    }),
  );
  for await (const page of cluster.pages("secret", { namespace, metadataOnly: true })) {
    const more = page.filter(({ metadata }) => !found.has(metadata.uid ?? "") && mayName(metadata, wanted));
    const read = more.map(({ metadata: { name, namespace: at = "" } }) => cluster.get({ kind: "secret", name, namespace: at }));
    for (const secret of await Promise.all(read)) if (secret) add(secret);
  }
  return joined([...found.values()]);
}

/** Whether the annotation names a wanted credential, or cannot be read, so that the data decides. */
const mayName = (metadata: Metadata, wanted: Wanted): boolean => readAnnotation({ metadata })?.some(wanted) ?? true;

function readSecret(clusterScope: ClusterScope, secret: Secret, wanted: Wanted, { force = false }: Allowed): Found {
  const { metadata } = secret;
  const listed = { to: secretIn({ ...clusterScope, namespace: metadata.namespace ?? "" }, metadata.name), clusterScope, metadata };
  const all = readAnnotation(secret) ?? [];
  // If several entries are for one registry, the first one counts everywhere
  const entries = all.filter((entry) => wanted(entry) && entryFor(all, entry.hosts[0] ?? "") === entry);
  const recorded = entries.map((entry): RecordedLogin => {
    return { ...listed, entry, login: loginFor(secret, entry.hosts[0] ?? ""), foreign: force || isOurs(secret) ? undefined : true };
  });
  const described = recorded.flatMap(({ entry, login }) => (login ? [entry] : []));
  const unrecorded = entriesIn(asPullSecret(secret)).flatMap(({ server, login }): UnrecordedLogin[] => {
    const heldLogin = { hosts: [server], identity: login.username };
    return wanted(heldLogin) && !described.some((entry) => describes(entry, heldLogin)) ? [{ ...listed, heldLogin, login }] : [];
  });
  return { recorded, unrecorded, claimed: readClaim(secret) ? [listed] : [] };
}

/** Lists what Secrets record of the wanted logins. The lists are read after the call. */
export type FindLogins = (wanted: Wanted) => Promise<SecretLogins>;

/**
 * Shares lists of all Secrets between concurrent callers. A call during a read waits for the next read, which serves all callers that wait
 * by then. Therefore a thousand rotations don't each list a thousand Secrets.
 */
export function sharedFindLogins(clusterScope: ClusterScope, allow: Allowed = {}): FindLogins {
  let last: Promise<unknown> = Promise.resolve();
  let next: { readonly filters: Wanted[]; readonly lists: Promise<SecretLogins> } | undefined;

  function begin(filters: Wanted[]): Promise<SecretLogins> {
    const lists = last.then(() => {
      next = undefined;
      return findLogins(clusterScope, (login) => filters.some((wanted) => wanted(login)), allow);
    });
    last = lists.catch(() => undefined);
    return lists;
  }

  return async (wanted) => {
    if (!next) {
      const filters: Wanted[] = [];
      next = { filters, lists: begin(filters) };
    }
    next.filters.push(wanted);
    const { recorded, unrecorded, ...lists } = await next.lists;
    return {
      ...lists,
      recorded: recorded.filter(({ entry }) => wanted(entry)),
      unrecorded: unrecorded.filter(({ heldLogin }) => wanted(heldLogin)),
    };
  };
}

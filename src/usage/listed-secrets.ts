import { type CliError, isForbidden, isNotFound } from "../errors.ts";
import { type Cluster, listAll } from "../kube/port.ts";
import { managedBy, type Secret, type ServiceAccount } from "../objects.ts";
import { type ClusterScope, clusterWideOrEach } from "../scope/cluster-scopes.ts";
import { awaitAll, prefetch } from "../scope/concurrency.ts";
import { byKey, readByNamespace } from "../scope/pages-by-namespace.ts";
import { shapeNamed, shapes } from "../secret/shapes.ts";
import { refusesAll, requireNamespace } from "./namespace.ts";

export type ListedSecret = { readonly secret: Secret; readonly serviceAccounts: readonly string[] };

type ListOptions = {
  readonly selector: string | undefined;
  readonly carriers: boolean;
};

/** The reason why a namespace can't be read, or the cluster if the namespace is empty. */
export type UnreadableNamespace = { readonly namespace: string; readonly error: CliError };

type SecretFilter = { readonly labels: string | undefined; readonly fields: string };

/** Formats that the kubelet doesn't read. A Secret of such a format is listed only if this plugin wrote it. */
const otherShapes = Object.values(shapes).filter(({ type }) => type !== shapeNamed().type);

/**
 * Lists the pull secrets on one cluster, ordered by namespace and name. Reads cluster-wide lists page by page. If they are forbidden, reads
 * each namespace. A namespace that is forbidden too or doesn't exist is an error of its own.
 */
export function listPullSecrets(
  clusterScope: ClusterScope,
  { selector, carriers }: ListOptions,
): AsyncGenerator<ListedSecret | UnreadableNamespace> {
  const where = { labels: selector, fields: `type=${shapeNamed().type}` };
  return clusterWideOrEach(clusterScope, fromClusterLists(clusterScope, where, carriers), perNamespace(clusterScope, where, carriers));
}

async function* perNamespace(
  scope: ClusterScope,
  where: SecretFilter,
  carriers: boolean,
): AsyncGenerator<ListedSecret | UnreadableNamespace> {
  const { namespaces, open } = scope;
  for (const namespace of open ? byKey(namespaces) : namespaces) {
    try {
      yield* await inNamespace(scope, namespace, where, carriers);
    } catch (error) {
      if (!(open && refusesAll(namespace, error))) yield { namespace, error: ofNamespace(error) };
    }
  }
}

/** @throws any error that concerns the whole cluster */
function ofNamespace(error: unknown): CliError {
  if (!isForbidden(error) && !isNotFound(error)) throw error;
  return error;
}

/** @throws CliError notFound if a named namespace doesn't exist */
async function inNamespace(
  { cluster, open }: ClusterScope,
  namespace: string,
  where: SecretFilter,
  carriers: boolean,
): Promise<ListedSecret[]> {
  const [secrets, accounts] = await awaitAll([
    Array.fromAsync(merged(cluster.pages("secret", { ...where, namespace }), ofOtherShapes(cluster, where, namespace))),
    carriers ? listAll(cluster, "serviceaccount", { namespace }) : [],
  ]);
  // Lists of a namespace that doesn't exist are empty
  if (secrets.length === 0 && accounts.length === 0 && !open) await requireNamespace(cluster, namespace);
  return secrets.map((secret) => ({ secret, serviceAccounts: serviceAccountsWith(secret, accounts) }));
}

async function* fromClusterLists(
  { cluster, namespaces }: ClusterScope,
  where: SecretFilter,
  carriers: boolean,
): AsyncGenerator<ListedSecret> {
  const selected = new Set(namespaces);
  const accountsIn = carriers ? readByNamespace(cluster.pages("serviceaccount")) : async () => [];
  let at: { readonly namespace: string; readonly accounts: readonly ServiceAccount[] } | undefined;
  for await (const secret of merged(prefetch(cluster.pages("secret", where)), ofOtherShapes(cluster, where))) {
    const { namespace = "" } = secret.metadata;
    if (!selected.has(namespace)) continue;
    if (at?.namespace !== namespace) at = { namespace, accounts: await accountsIn(namespace) };
    yield { secret, serviceAccounts: serviceAccountsWith(secret, at.accounts) };
  }
}

async function ofOtherShapes(cluster: Cluster, { labels: selector }: SecretFilter, namespace?: string): Promise<readonly Secret[]> {
  const lists = otherShapes.map(({ type, labels }) => {
    const own = Object.entries({ ...labels, [managedBy.key]: managedBy.value }).map(([key, value]) => `${key}=${value}`);
    return listAll(cluster, "secret", { namespace, labels: [selector, ...own].filter(Boolean).join(","), fields: `type=${type}` });
  });
  return (await Promise.all(lists)).flat();
}

/** Merges two lists in the order of their keys, `NAMESPACE/NAME`. @param few is awaited after the first page is read */
async function* merged(pages: AsyncIterable<readonly Secret[]>, few: Promise<readonly Secret[]>): AsyncGenerator<Secret> {
  // If the pages fail first, their error is the one to report
  few.catch(() => {});
  let rest: readonly Secret[] | undefined;
  for await (const page of pages) {
    rest ??= [...(await few)].sort((a, b) => (keyIn(a) < keyIn(b) ? -1 : 1));
    for (const secret of page) {
      const before = rest.filter((other) => keyIn(other) < keyIn(secret));
      rest = rest.slice(before.length);
      yield* before;
      yield secret;
    }
  }
  yield* rest ?? (await few);
}

const keyIn = ({ metadata: { namespace = "", name } }: Secret) => `${namespace}/${name}`;

function serviceAccountsWith({ metadata }: Secret, accounts: readonly ServiceAccount[]): string[] {
  return accounts
    .filter(({ imagePullSecrets }) => imagePullSecrets?.some(({ name }) => name === metadata.name))
    .map((account) => account.metadata.name);
}

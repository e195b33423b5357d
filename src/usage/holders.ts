import { CliError, unlessRefused } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import type { Cluster, Where } from "../kube/port.ts";
import { type Metadata, pullSecretKey, type Secret } from "../objects.ts";
import { type CredentialId, isLoginOf, unknownClusters } from "../plan/ownership.ts";
import type { Login } from "../registry/port.ts";
import { type ClusterScope, clusterWideOrEach } from "../scope/cluster-scopes.ts";
import { type Entry, entryFor, readEntries, sameLogin } from "../secret/entry.ts";
import { loginsIn } from "../secret/login.ts";
import { Sensitive } from "../secret/sensitive.ts";
import { loginFor } from "./existing-secret.ts";
import { idBy, uidOf } from "./namespace.ts";
import { managed } from "./pull-secrets.ts";
import { findLogins, type RecordedLogin, type SecretLogins, type UnrecordedLogin } from "./secret-logins.ts";

/** A Secret with its logins. `server`: the key under `auths`, or the address of an Argo CD repository. Both are as another tool wrote them. */
export type PullLogins = {
  readonly to: Ref<"secret">;
  readonly metadata: Metadata;
  readonly logins: readonly { readonly server: string; readonly login: Login }[];
};

const argoLists: Where = { labels: "argocd.argoproj.io/secret-type in (repository,repo-creds)" };

/**
 * Yields every Secret of the cluster that holds logins for registries, page by page: the pull secrets that the kubelet reads, and the
 * repositories and credential templates of Argo CD. Only one page is in memory.
 * @throws CliError forbidden if the user may not list all Secrets
 */
export async function* pullLogins(cluster: Pick<Cluster, "pages">): AsyncGenerator<readonly PullLogins[]> {
  const types = Object.keys(pullSecretKey);
  for (const type of types)
    for await (const page of cluster.pages("secret", { fields: `type=${type}` })) yield page.map((secret) => withLogins(secret, loginsIn));
  for await (const page of cluster.pages("secret", argoLists))
    yield page.filter(({ type = "" }) => !types.includes(type)).map((secret) => withLogins(secret, argoLogins));
}

function withLogins(secret: Secret, read: (secret: Secret) => PullLogins["logins"]): PullLogins {
  const { metadata } = secret;
  return { to: { kind: "secret", name: metadata.name, namespace: metadata.namespace ?? "" }, metadata, logins: read(secret) };
}

/** The login of an Argo CD repository of any type: the plugin's own ones are Helm repositories. */
function argoLogins({ data = {} }: Secret): PullLogins["logins"] {
  const [url = "", username = "", password = ""] = ["url", "username", "password"].map((key) =>
    Buffer.from(data[key] ?? "", "base64").toString(),
  );
  return url === "" || username === ""
    ? []
    : [{ server: url.replace(/^oci:\/\//, ""), login: { username, password: new Sensitive(password) } }];
}

/** A login that Secrets of a scope hold, and its annotation entry. */
export type Holder = { readonly entry: Entry; readonly login: Login };

/** The number of different credentials to try before a new one is created. */
const maxCandidates = 3;

/**
 * Yields the credentials for a registry that Secrets of one name hold in a scope, the most frequent first. If 999 namespaces share a
 * credential, the next namespace gets the same one. Lists only metadata, and reads a Secret when its credential is tried.
 */
export async function* holdersIn(
  clusterScope: ClusterScope,
  name: string,
  { kind, host }: { readonly kind: string; readonly host: string },
): AsyncGenerator<Holder> {
  const found: Candidate[] = [];
  for await (const { metadata } of selected(clusterScope, name)) {
    const entry = entryFor(readEntries({ metadata }), host);
    if (entry?.kind === kind) count(found, entry, () => readHolder(clusterScope, metadata, host));
  }
  for (const { read } of found.toSorted((a, b) => b.count - a.count).slice(0, maxCandidates)) {
    const holder = await read();
    if (holder) yield holder;
  }
}

type Candidate = { readonly entry: Entry; count: number; read(): Promise<Holder | undefined> };

function count(found: Candidate[], entry: Entry, read: Candidate["read"]): void {
  const known = found.find((one) => sameLogin(one.entry, entry));
  if (known) known.count++;
  else found.push({ entry, count: 1, read });
}

/** Yields the Secrets of this name in the namespaces of the run. */
async function* selected(clusterScope: ClusterScope, name: string): AsyncGenerator<Pick<Secret, "metadata">> {
  const namespaces = new Set(clusterScope.namespaces);
  for await (const secret of clusterWideOrEach(clusterScope, listed(clusterScope, name), named(clusterScope, name)))
    if (namespaces.has(secret.metadata.namespace ?? "")) yield secret;
}

/** Reads the Secret in each namespace. A Secret that can't be read is reported when its namespace is processed. */
async function* named({ cluster, namespaces }: ClusterScope, name: string): AsyncGenerator<Pick<Secret, "metadata">> {
  for (const namespace of namespaces) {
    const secret = await cluster.get({ kind: "secret", name, namespace }).catch(unlessRefused(undefined));
    if (secret) yield secret;
  }
}

/** Yields the metadata of this plugin's Secrets of this name. */
async function* listed({ cluster }: ClusterScope, name: string): AsyncGenerator<Pick<Secret, "metadata">> {
  for await (const page of cluster.pages("secret", { labels: managed, fields: `metadata.name=${name}`, metadataOnly: true })) yield* page;
}

async function readHolder({ cluster }: ClusterScope, { name, namespace = "" }: Metadata, host: string): Promise<Holder | undefined> {
  const secret = await cluster.get({ kind: "secret", name, namespace });
  const entry = secret && entryFor(readEntries(secret), host);
  const login = secret && loginFor(secret, host);
  return entry && login ? { entry, login } : undefined;
}

/** The id of the cluster if all its Secrets were listed, or why not. */
export type ListedCluster =
  | { readonly id: string; readonly unlisted?: undefined }
  | { readonly id?: undefined; readonly unlisted: CliError };

type OfCluster = Pick<ClusterScope, "cluster">;

/** Reads the id that names this cluster in descriptions in Azure. */
export async function listedCluster({ cluster }: OfCluster, { unreadable }: Pick<SecretLogins, "unreadable">): Promise<ListedCluster> {
  const [failed] = unreadable;
  if (failed) return { unlisted: failed.error };
  const id = await idBy(() => uidOf(cluster, "kube-system"));
  return id === undefined ? { unlisted: unidentified() } : { id };
}

const unidentified = () => new CliError("forbidden", "cannot read namespace kube-system, whose uid identifies the cluster");

/** All holders of one credential. An unknown cluster counts as a holder. */
export type Holders = {
  readonly secrets: readonly (RecordedLogin | UnrecordedLogin)[];
  /** Ids of clusters that Azure's description names and that were not listed completely. */
  readonly unknown: readonly string[];
  /** Why this cluster was not listed completely. */
  readonly unlisted: CliError | undefined;
};

/** Finds all holders of one credential. @param described the ids of the clusters that its description in Azure names */
export async function holdersOf({ cluster }: OfCluster, credential: CredentialId, described: readonly string[]): Promise<Holders> {
  // Without the namespaces of the run, because a list of some namespaces says nothing about the other ones
  const found = await findLogins({ cluster, namespaces: [], open: true }, (login) => isLoginOf(credential, login));
  const { id, unlisted } = await listedCluster({ cluster }, found);
  return { secrets: [...found.recorded, ...found.unrecorded], unknown: unknownClusters(described, id), unlisted };
}

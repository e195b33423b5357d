import { type CliError, isForbidden, unlessForbidden } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import { type Cluster, listAll, type Where } from "../kube/port.ts";
import { type Metadata, pullSecretKey, type Secret } from "../objects.ts";
import type { Login } from "../registry/port.ts";
import { runConcurrently } from "../scope/concurrency.ts";
import { loginsIn } from "../secret/login.ts";
import { copiesOf } from "../secret/record.ts";
import { Sensitive } from "../sensitive.ts";
import { refusesAll } from "./namespace.ts";

/** A Secret with its logins. `server`: the key under `auths`, or the address of an Argo CD repository, as written. */
export type PullLogins = {
  readonly to: Ref<"secret">;
  readonly metadata: Metadata;
  readonly logins: readonly { readonly server: string; readonly login: Login }[];
  /** The namespaces with a copy of it. */
  readonly copies: readonly string[];
};

const argoLists: Where = { labels: "argocd.argoproj.io/secret-type in (repository,repo-creds)" };

/** What a list has read, namespace by namespace, because that of the cluster was forbidden. */
type Reading = {
  readonly read: Set<string>;
  /** The kube-* namespaces that refuse their Secrets. */
  readonly closed: Set<string>;
  /** Other namespaces that refuse them. Without it, one of them ends the list. */
  readonly refused?: Map<string, CliError>;
};

/** How many namespaces show that a user may not list the Secrets of others, if all of them refuse. */
const enoughRefused = 16;

/**
 * Yields every Secret of the cluster that holds logins for registries, page by page: the pull secrets that the kubelet reads, and the
 * repositories and credential templates of Argo CD.
 * @throws CliError forbidden if the user may not list the Secrets of others
 */
export const pullLogins = (cluster: Pick<Cluster, "pages">, reading: Reading): AsyncGenerator<readonly PullLogins[]> =>
  everywhere(cluster, (namespace) => loginsAt(cluster, namespace), reading);

/** Yields a list of the cluster, or that of each namespace if the first is forbidden. @throws CliError forbidden if each one refuses */
export async function* everywhere<T>(
  cluster: Pick<Cluster, "pages">,
  pagesAt: (namespace: string | undefined) => AsyncIterable<T>,
  reading: Reading,
): AsyncGenerator<T> {
  let isPartial = false;
  try {
    for await (const page of pagesAt(undefined)) {
      isPartial = true;
      yield page;
    }
  } catch (error) {
    if (isPartial || !isForbidden(error)) throw error;
    const namespaces = await listAll(cluster, "namespace", { metadataOnly: true }).catch(unlessForbidden([]));
    const names = namespaces.map(({ metadata }) => metadata.name);
    if (names.length === 0) throw error;
    yield* runConcurrently(names, { interrupted: () => false }, (name) => unlessRefused(name, pagesAt(name), reading));
    if (reading.read.size === 0 && reading.refused && reading.refused.size > 0) throw error;
  }
}

async function* unlessRefused<T>(namespace: string, pages: AsyncIterable<T>, { read, closed, refused }: Reading): AsyncGenerator<T> {
  try {
    yield* pages;
    read.add(namespace);
  } catch (error) {
    if (refusesAll(namespace, error)) return void closed.add(namespace);
    if (!isForbidden(error) || !refused) throw error;
    refused.set(namespace, error);
    if (read.size === 0 && refused.size >= enoughRefused) throw error;
  }
}

async function* loginsAt(cluster: Pick<Cluster, "pages">, namespace: string | undefined): AsyncGenerator<readonly PullLogins[]> {
  const types = Object.keys(pullSecretKey);
  for (const type of types)
    for await (const page of cluster.pages("secret", { namespace, fields: `type=${type}` }))
      yield page.map((secret) => withLogins(secret, loginsIn));
  for await (const page of cluster.pages("secret", { ...argoLists, namespace }))
    yield page.filter(({ type = "" }) => !types.includes(type)).map((secret) => withLogins(secret, argoLogins));
}

function withLogins(secret: Secret, read: (secret: Secret) => PullLogins["logins"]): PullLogins {
  const { metadata } = secret;
  const to = { kind: "secret", name: metadata.name, namespace: metadata.namespace ?? "" } as const;
  return { to, metadata, logins: read(secret), copies: Object.keys(copiesOf(secret)) };
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

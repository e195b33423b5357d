import type { Ref } from "../kinds.ts";
import type { Cluster, Where } from "../kube/port.ts";
import { type Metadata, pullSecretKey, type Secret } from "../objects.ts";
import type { Login } from "../registry/port.ts";
import { loginsIn } from "../secret/login.ts";
import { Sensitive } from "../sensitive.ts";

/** A Secret with its logins. `server`: the key under `auths`, or the address of an Argo CD repository, as written. */
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

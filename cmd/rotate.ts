import { kindCalled } from "../src/credential/kinds.ts";
import { CliError, unlessForbidden } from "../src/errors.ts";
import { flag, plugin } from "../src/hint.ts";
import type { Ref } from "../src/kinds.ts";
import type { Cluster } from "../src/kube/port.ts";
import { isLoginServerOf } from "../src/registry/login-server.ts";
import { type ClusterScope, clusterScopeOf, clusterWideOrEach, noneMatches } from "../src/scope/cluster-scopes.ts";
import { notDue } from "../src/secret/due.ts";
import { credentialOf, type SourceOfCopy, sourceOf } from "../src/secret/record.ts";
import { namespaceNotFound, uidOf } from "../src/usage/namespace.ts";
import { copyError, managed, noSecret } from "../src/usage/pull-secrets.ts";
import { type Listed, rotateSources } from "../src/verbs/rotate.ts";
import { conclude, endsLogin } from "./conclude.ts";
import { holdersOf } from "./holders.ts";
import { parseWait } from "./line/durations.ts";
import { identityOf } from "./line/flags.ts";
import { secrets } from "./line/known.ts";
import { scopeOf } from "./line/scope-flags.ts";
import { openerOf } from "./recorded-credential.ts";
import { type RotateOptions, readRotateOptions, rotateFlags, type Skipped, skipLines } from "./rotate/options.ts";
import { toolsOf } from "./session.ts";
import { verb } from "./verb.ts";

export const rotate = verb({
  usage: "rotate [SECRET]",
  description: [
    "Generates a second password, proves that it pulls, and writes it to the Secret and to its copies in other namespaces. The old password " +
      "stays valid until the next rotation (see --grace). A Secret that still holds it then keeps it valid for at least 24 hours.",
    "Without SECRET, rotates every Secret of this plugin in the selected namespaces. Run an interrupted command again to continue it.",
  ],
  examples: [
    "# Rotate the credential of a Secret and of its copies",
    "kubectl acr-secret rotate acr-myregistry",
    "# On a schedule: rotate passwords older than 60 days and those that expire within two weeks",
    "kubectl acr-secret rotate -A --older-than 60d --expiring-within 14d",
    "# Delete a leaked password at once",
    "kubectl acr-secret rotate acr-myregistry --grace 0 --force",
    "# Show what would change",
    "kubectl acr-secret rotate -A --dry-run=client",
  ],
  flags: rotateFlags,
  most: 1,
  complete: secrets,
  async run({ flags, args }, session) {
    const options = readRotateOptions(flags, args, session.now());
    const clusterScope = await clusterScopeOf(scopeOf(flags), { ...session, writes: true });
    const found = await Array.fromAsync(clusterWideOrEach(clusterScope, secretsIn(clusterScope), secretsInEach(clusterScope)));
    const sources = found.filter((one) => "credential" in one).filter((source) => isSelected(source, options));
    const copy = found.find((one) => "source" in one);
    if (sources.length === 0) throw await nothingToRotate(options, clusterScope, copy);
    const isNamed = options.secret !== undefined && sources.length === 1;
    const [first] = sources;
    const problem = isNamed && first ? unable(first) : undefined;
    if (problem) throw problem;
    const skipped: Skipped[] = [];
    const able = sources.filter((source) => {
      const isAble = unable(source) === undefined && (isNamed || !source.credential.isExported);
      if (!isAble) skipped.push({ reasons: ["unable"], to: source.to });
      return isAble;
    });
    const opening = { identity: identityOf(flags), verify: flags.verify, force: flags.force, wait: parseWait(flags) };
    const order = {
      ...options,
      sources: able,
      isNamed,
      verify: flags.verify,
      notDue: (credential: Listed["credential"]) => notDue(credential, options.due, session.now().getTime()),
      skipped: (reasons: Skipped["reasons"], to: Ref) => void skipped.push({ reasons, to }),
      open: openerOf(opening, session),
      holders: holdersOf(session),
    };
    const isOne = !clusterScope.open && clusterScope.namespaces.length === 1;
    const home = isOne ? clusterScope.namespaces[0] : undefined;
    const endsAccess = flags.force && options.grace === 0 ? endsLogin : undefined;
    const code = await conclude(rotateSources(order, toolsOf(session, flags)), session, { ...flags, home, endsAccess }, clusterScope);
    session.stderr.write(skipLines(skipped, flags));
    return code;
  },
});

/** A Secret that names its source. */
type Copy = { readonly to: Ref<"secret">; readonly source: SourceOfCopy };

/** Yields the sources and copies in the selected namespaces, by the metadata of all Secrets of this plugin. */
async function* secretsIn({ cluster, namespaces }: ClusterScope, namespace?: string): AsyncGenerator<Listed | Copy> {
  const selected = new Set(namespaces);
  for await (const page of cluster.pages("secret", { labels: managed, namespace, metadataOnly: true }))
    yield* page.flatMap((secret) => {
      const to = { kind: "secret", name: secret.metadata.name, namespace: secret.metadata.namespace ?? "" } as const;
      const [credential, source] = [credentialOf(secret), sourceOf(secret)];
      if (!selected.has(to.namespace)) return [];
      if (credential) return { to, credential };
      return source ? { to, source } : [];
    });
}

async function* secretsInEach(clusterScope: ClusterScope): AsyncGenerator<Listed | Copy> {
  for (const namespace of clusterScope.namespaces) yield* secretsIn(clusterScope, namespace);
}

const isSelected = ({ to, credential: { host } }: Listed, { secret, registry }: RotateOptions): boolean =>
  (secret === undefined || to.name === secret) && (registry === undefined || isLoginServerOf(host, registry));

/** Returns why the plugin can't create another password of a credential; undefined if it can. */
function unable({ to: { name: secret }, credential }: Listed): CliError | undefined {
  const { kind: called, host } = credential;
  const kind = kindCalled(called);
  if (!kind)
    return new CliError("invalid", `secret "${secret}" holds a ${called}, which this version does not support`, {
      hint: "install a newer version",
    });
  if (kind.notRenewable === undefined) return undefined;
  const message = `the login for ${host} in secret "${secret}" cannot be rotated by this plugin: ${kind.notRenewable}`;
  // In words: anyone in the namespace can write a record, and its flags could widen the rights of the Secret
  return new CliError("invalid", message, { hint: "run create again with the flags that created it" });
}

async function nothingToRotate(
  { secret, registry }: RotateOptions,
  { cluster, namespaces, open }: ClusterScope,
  copy: Copy | undefined,
): Promise<CliError> {
  const [namespace] = namespaces;
  if (namespace === undefined) return noneMatches();
  const absent = open ? undefined : await absentIn(namespaces, cluster);
  if (absent !== undefined) return namespaceNotFound(cluster, absent);
  if (secret === undefined && registry === undefined && copy) return refuseCopy(copy.to, copy.source, cluster);
  const list = plugin("list", flag("all-namespaces", open));
  if (secret === undefined) return new CliError("notFound", "found no pull secrets to rotate", { hint: list });
  const found = await cluster.get({ kind: "secret", name: secret, namespace });
  if (!found) return noSecret(secret, { ...plugin("list"), namespace });
  const source = sourceOf(found);
  if (source) return refuseCopy({ kind: "secret", name: secret, namespace }, source, cluster);
  const what = `secret "${secret}" holds no login of this plugin${registry === undefined ? "" : ` for ${registry}`}`;
  return new CliError("invalid", what, { hint: { ...plugin("create", secret, "--registry", registry ?? "REGISTRY"), namespace } });
}

async function absentIn(namespaces: readonly string[], cluster: Cluster): Promise<string | undefined> {
  for (const name of namespaces) if ((await uidOf(cluster, name).catch(unlessForbidden("not known"))) === undefined) return name;
  return undefined;
}

const refuseCopy = (to: Ref<"secret">, source: SourceOfCopy, cluster: Cluster): Promise<CliError> =>
  copyError(to, source, cluster, () => plugin("rotate", source.name), "rotate that Secret");

import { kindNamed } from "../../src/credential/kinds.ts";
import { CliError, unlessForbidden } from "../../src/errors.ts";
import type { Rotation } from "../../src/plan/rotation.ts";
import { type ClusterScope, noneMatches } from "../../src/scope/cluster-scopes.ts";
import { namespaceNotFound, uidOf } from "../../src/usage/namespace.ts";
import { noSecret } from "../../src/usage/pull-secrets.ts";
import type { RecordedLogin, SecretLogins } from "../../src/usage/secret-logins.ts";
import type { RotateOptions } from "./options.ts";

/** Returns whether the command line selects a login. Other Secrets with the same login are found through it. */
export function selectedBy({ secret, registry }: RotateOptions, { namespaces }: ClusterScope): (login: RecordedLogin) => boolean {
  const selected = new Set<string | undefined>(namespaces);
  const isRegistry = (hosts: readonly string[]) => hosts.some((host) => host === registry || host.split(".")[0] === registry);
  return ({ to, entry }) =>
    selected.has(to.namespace) && (secret === undefined || to.name === secret) && (registry === undefined || isRegistry(entry.hosts));
}

/** Returns why the plugin can't create another password of a credential; undefined if it can. The error names a selected Secret. */
export function unable(
  { kind, host, members }: Rotation<RecordedLogin>,
  isWanted: (login: RecordedLogin) => boolean,
): CliError | undefined {
  const row = kindNamed(kind);
  const { name: secret, namespace } = (members.find(isWanted) ?? members[0])?.to ?? {};
  if (!row)
    return new CliError("invalid", `secret "${secret}" holds a ${kind}, which this version does not support`, {
      hint: "install a newer version",
    });
  if (row.renewal) return undefined;
  const message = `the login for ${host} in secret "${secret}" cannot be rotated by this plugin: ${row.notRenewable}`;
  const hint = row.again({ identity: members[0]?.entry.identity ?? "" }).flags;
  return new CliError("invalid", message, { hint: { verb: "create", secret, registry: host, ...hint, namespace } });
}

/** Returns the Secrets of other tools in the scope whose credential is in no rotation, one for each credential. */
export function foreignOnly(
  { recorded }: SecretLogins,
  rotations: readonly Rotation[],
  isWanted: (login: RecordedLogin) => boolean,
): RecordedLogin[] {
  const rotated = new Set(rotations.flatMap(({ all }) => all));
  const skipped = recorded.filter(
    (one) => one.foreign && !rotated.has(one) && isWanted(one) && kindNamed(one.entry.kind)?.notRenewable === undefined,
  );
  return [...new Map(skipped.map((one) => [JSON.stringify([one.entry.kind, one.entry.identity]), one])).values()];
}

/** Returns the error for a Secret that another tool manages. */
export function managedElsewhere({ to: { name, namespace }, entry }: RecordedLogin): CliError {
  const message = `secret "${name}" in namespace "${namespace}" holds ${entry.identity} and is managed by another tool, so it is not rotated`;
  return new CliError("conflict", message, { hint: { verb: "rotate", secret: name, force: true, namespace } });
}

/** Returns the error if there is nothing to rotate. */
export async function nothingToRotate(
  { secret, registry }: RotateOptions,
  clusterScope: ClusterScope,
  { unreadable }: SecretLogins,
): Promise<CliError> {
  const unknown = unreadable.find(({ own }) => own);
  if (unknown) return unknown.error;
  const { cluster, namespaces } = clusterScope;
  const [namespace] = namespaces;
  if (namespace === undefined) return noneMatches();
  const absent = await absentNamespace(clusterScope);
  if (absent !== undefined) return absent;
  const create = { verb: "create", secret, registry: registry ?? "REGISTRY", namespace } as const;
  if (secret === undefined) return new CliError("notFound", "found no pull secrets to rotate", { hint: { verb: "list" } });
  if (!(await cluster.get({ kind: "secret", name: secret, namespace }))) return noSecret(secret, { verb: "list", namespace });
  return new CliError("invalid", `secret "${secret}" holds no login of this plugin${registry === undefined ? "" : ` for ${registry}`}`, {
    hint: create,
  });
}

/** Returns the error for the first named namespace that doesn't exist. */
async function absentNamespace({ cluster, namespaces, open }: ClusterScope): Promise<CliError | undefined> {
  for (const name of open ? [] : namespaces)
    if ((await uidOf(cluster, name).catch(unlessForbidden("not known"))) === undefined) return namespaceNotFound(cluster, name);
  return undefined;
}

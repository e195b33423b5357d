import type { SecretFacts } from "../check/facts.ts";
import { type Cluster, listAll } from "../cluster/port.ts";
import { absent, CliError, unlessForbidden } from "../errors.ts";
import type { Fix } from "../fix.ts";
import { isObjectName } from "../kinds.ts";
import { buildKeyring } from "../kubelet/keyring.ts";
import { serversOf } from "../kubelet/read-pull-secret.ts";
import type { Secret } from "../objects.ts";
import { inLine } from "../plan/wording.ts";
import { together } from "../scope/concurrency.ts";
import { managedBy } from "../secret/entry.ts";
import { othersOf } from "../secret/owners.ts";
import { noteOf } from "./note.ts";

/** The Secrets of one namespace. Each is read at most once, and only when a verdict needs it. */
export type Secrets = {
  /** Returns undefined if the Secret doesn't exist. An invalid name sends no request. */
  get(name: string): Promise<Secret | undefined>;
  /** Returns the Secrets that this plugin created; none if listing is forbidden. */
  ours(): Promise<readonly Secret[]>;
};

export function secretsOf(cluster: Cluster, namespace: string): Secrets {
  const read = new Map<string, Promise<Secret | undefined>>();
  let listed: Promise<readonly Secret[]> | undefined;
  return {
    get(name) {
      const known = read.get(name) ?? (isObjectName(name) ? cluster.get({ kind: "secret", namespace, name }) : Promise.resolve(undefined));
      read.set(name, known);
      return known;
    },
    ours: () => {
      listed ??= listAll(cluster, "secret", { namespace, labels: managed }).catch(unlessForbidden<readonly Secret[]>([]));
      return listed;
    },
  };
}

/** Returns the facts of a Secret for a verdict. */
export function secretFacts(secret: Secret): SecretFacts {
  const { name } = secret.metadata;
  const keyring = keyringOf([secret]);
  return {
    name,
    note: noteOf(secret),
    servers: serversOf({ ...secret, name }),
    skipped: keyring.skipped.map(({ because }) => because),
    writers: [...new Set(othersOf(secret.metadata.managedFields, managedBy.value).map(({ manager }) => manager))],
  };
}

/** Returns the keyring of a pod with these Secrets, in this order. */
export const keyringOf = (secrets: readonly Secret[]) => buildKeyring(secrets.map((secret) => ({ ...secret, name: secret.metadata.name })));

/** The label selector of this plugin's Secrets. */
export const managed = `${managedBy.key}=${managedBy.value}`;

/**
 * Returns the name of this plugin's only Secret in a namespace.
 * @param otherwise the fix if there is none
 * @throws CliError notFound; usage if there are several
 */
export async function theSecret(cluster: Cluster, namespace: string, otherwise: Fix): Promise<string> {
  const secrets = await listAll(cluster, "secret", { namespace, labels: managed, metadataOnly: true });
  const names = secrets.map(({ metadata }) => metadata.name);
  const [name, ...others] = names;
  if (name && others.length === 0) return name;
  if (name) {
    throw new CliError("usage", `namespace "${namespace}" has several pull secrets, so one has to be named: ${inLine(names, 5)}`, {
      hint: { verb: "list", namespace },
    });
  }
  throw new CliError("notFound", `namespace "${namespace}" has no pull secret of kubectl acr-secret`, { hint: otherwise });
}

/** Returns the error for a named Secret that doesn't exist. */
export const noSecret = (name: string, hint: Fix): CliError => absent("secrets", name, hint);

/** Returns the names of Secrets that don't exist now. The empty name is always one of them. */
export async function leadNowhere(
  { cluster, namespace }: { readonly cluster: Cluster; readonly namespace: string },
  names: readonly string[],
): Promise<string[]> {
  const secrets = secretsOf(cluster, namespace);
  const found = await together(names.map((name) => secrets.get(name)));
  return names.filter((_, index) => found[index] === undefined);
}

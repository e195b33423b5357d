import type { SecretFacts } from "../check/facts.ts";
import { isObjectName } from "../check/message.ts";
import { type Cluster, listAll } from "../cluster/port.ts";
import { absent, CliError, unlessForbidden } from "../errors.ts";
import type { Fix } from "../fix.ts";
import { buildKeyring } from "../kubelet/keyring.ts";
import { serversOf } from "../kubelet/read-pull-secret.ts";
import type { Secret } from "../objects.ts";
import { together } from "../scope/concurrency.ts";
import { managedBy } from "../secret/entry.ts";
import { writersOf } from "../secret/owners.ts";
import { noteOf } from "./note.ts";

/** The Secrets of one namespace, each read once, and only when a verdict needs it. */
export type Secrets = {
  /** Undefined for one that does not exist; a name that no Secret can have costs no request. */
  get(name: string): Promise<Secret | undefined>;
  /** Those that we made; none where they may not be listed. */
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

/** A Secret for a verdict. */
export function secretFacts(secret: Secret): SecretFacts {
  const { name } = secret.metadata;
  const keyring = keyringOf([secret]);
  return {
    name,
    note: noteOf(secret),
    servers: serversOf({ ...secret, name }),
    skipped: keyring.skipped.map(({ because }) => because),
    writers: writersOf(secret.metadata.managedFields, managedBy.value),
  };
}

/** The keyring of a pod with these Secrets, in the order of its names. */
export const keyringOf = (secrets: readonly Secret[]) => buildKeyring(secrets.map((secret) => ({ ...secret, name: secret.metadata.name })));

/** The label selector of the Secrets that this plugin made. */
export const managed = `${managedBy.key}=${managedBy.value}`;

/** The names of the Secrets of a namespace that this plugin made. */
async function managedNames(cluster: Cluster, namespace: string): Promise<string[]> {
  return (await listAll(cluster, "secret", { namespace, labels: managed, metadataOnly: true })).map(({ metadata }) => metadata.name);
}

/** The name of the only Secret that this plugin made in a namespace. @param otherwise what to do where there is none */
export async function theSecret(cluster: Cluster, namespace: string, otherwise: Fix): Promise<string> {
  const names = await managedNames(cluster, namespace);
  const [name, ...others] = names;
  if (name && others.length === 0) return name;
  if (name) {
    const [shown, more] = [names.slice(0, 5), names.length - 5];
    throw new CliError(
      "usage",
      `namespace "${namespace}" has several pull secrets, so one has to be named: ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`,
      { hint: { verb: "list", namespace } },
    );
  }
  throw new CliError("notFound", `namespace "${namespace}" has no pull secret of kubectl acr-secret`, { hint: otherwise });
}

/** The error for a Secret that a command line names and that is not there. */
export const noSecret = (name: string, hint: Fix): CliError => absent("secrets", name, hint);

/** The names that lead to no Secret now. The empty name never leads to one. */
export async function leadNowhere(
  { cluster, namespace }: { readonly cluster: Cluster; readonly namespace: string },
  names: readonly string[],
): Promise<string[]> {
  const secrets = secretsOf(cluster, namespace);
  const found = await together(names.map((name) => secrets.get(name)));
  return names.filter((_, index) => found[index] === undefined);
}

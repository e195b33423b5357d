import type { Cluster } from "../../src/context.ts";
import { CliError } from "../../src/errors.ts";
import type { Secret } from "../../src/objects.ts";
import { managedBy } from "../../src/secret/provenance.ts";
import type { Session } from "../session.ts";

/** The Secrets of a namespace, or of all, that this plugin made. */
export function managedSecrets(cluster: Cluster, namespace: string | undefined, selector?: string): Promise<Secret[]> {
  return cluster.secrets(namespace, [`${managedBy.key}=${managedBy.value}`, ...(selector ? [selector] : [])].join(","));
}

/** The name of the only Secret that this plugin made in a namespace. */
export async function theSecret(cluster: Cluster, namespace: string): Promise<string> {
  const names = (await managedSecrets(cluster, namespace)).map(({ metadata }) => metadata.name);
  const [name, ...others] = names;
  if (name && others.length === 0) return name;
  if (name) throw new CliError("usage", `namespace "${namespace}" has several pull secrets, so one has to be named: ${names.join(", ")}`);
  throw new CliError("notFound", `namespace "${namespace}" has no pull secret of kubectl acr-secret`, {
    hint: `kubectl acr-secret create --registry REGISTRY --serviceaccount default -n ${namespace}, or name the Secret`,
  });
}

/** Completes the name of a Secret. */
export async function secretNames(session: Session): Promise<string[]> {
  const cluster = session.cluster();
  return (await managedSecrets(cluster, await cluster.namespace())).map(({ metadata }) => metadata.name);
}

/** Completes the name of a ServiceAccount. */
export async function accountNames(session: Session): Promise<string[]> {
  const cluster = session.cluster();
  return (await cluster.serviceAccounts(await cluster.namespace())).map(({ metadata }) => metadata.name);
}

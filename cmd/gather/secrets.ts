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
  if (name) {
    const [shown, more] = [names.slice(0, 5), names.length - 5];
    throw new CliError(
      "usage",
      `namespace "${namespace}" has several pull secrets, so one has to be named: ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`,
      { hint: `kubectl acr-secret list -n ${namespace}` },
    );
  }
  throw new CliError("notFound", `namespace "${namespace}" has no pull secret of kubectl acr-secret`, {
    hint: `kubectl acr-secret create --registry REGISTRY --serviceaccount default -n ${namespace}, or name the Secret`,
  });
}

/** The error for a Secret that a command line names and that is not there. */
export function noSecret(name: string, hint: string): CliError {
  return new CliError("notFound", `Error from server (NotFound): secrets "${name}" not found`, { hint });
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

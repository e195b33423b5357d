import { type Cluster, listAll } from "../cluster/port.ts";
import { absent, CliError } from "../errors.ts";
import type { Fix } from "../fix.ts";
import { managedBy } from "../secret/entry.ts";

/** The label selector of the Secrets that this plugin made. */
export const managed = `${managedBy.key}=${managedBy.value}`;

/** The names of the Secrets of a namespace that this plugin made. */
export async function managedNames(cluster: Cluster, namespace: string): Promise<string[]> {
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

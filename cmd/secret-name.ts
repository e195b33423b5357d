import { CliError } from "../src/errors.ts";
import { type Fix, listEverywhere } from "../src/fix.ts";
import type { ClusterScope } from "../src/scope/cluster-scopes.ts";
import { theSecret } from "../src/state/pull-secrets.ts";

/**
 * The Secret that is meant where none is named: the only one of the only namespace.
 * @param otherwise what to do where there is none
 */
export async function nameOfSecret([clusterScope, ...more]: readonly ClusterScope[], otherwise: Fix): Promise<string> {
  const [namespace, ...others] = clusterScope?.namespaces ?? [];
  if (clusterScope && namespace !== undefined && more.length + others.length === 0 && !clusterScope.open)
    return theSecret(clusterScope.cluster, namespace, otherwise);
  throw new CliError("usage", "in several namespaces the Secret has to be named", { hint: listEverywhere });
}

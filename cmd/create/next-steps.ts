import { type Cluster, listAll } from "../../src/cluster/port.ts";
import { unlessRefused } from "../../src/errors.ts";
import type { Next } from "../../src/output/error.ts";
import { namesIn } from "../../src/plan/references.ts";
import type { ClusterScope } from "../../src/scope/cluster-scopes.ts";
import { readers } from "../../src/secret/readers.ts";
import { targetOf, wantsTargets } from "../../src/state/targets.ts";
import type { Session } from "../session.ts";
import type { CreateOptions } from "./options.ts";

/** Prints the next steps for a new Secret. */
export async function printNextSteps(
  options: CreateOptions,
  host: string,
  clusterScopes: readonly ClusterScope[],
  { hint }: Session,
): Promise<void> {
  for (const next of await nextSteps(options, host, clusterScopes)) hint(next);
}

/**
 * Returns the hints: the configuration of its reader, or the command that attaches it. If another object has the name that
 * the user gave to the Secret, the command attaches the Secret to it. A failed read is ignored, because the Secret is already written.
 */
async function nextSteps(
  { name: secret, targets, reader, asked }: CreateOptions,
  host: string,
  clusterScopes: readonly ClusterScope[],
): Promise<readonly Next[]> {
  const [namespace = "NAMESPACE", ...others] = new Set(clusterScopes.flatMap(({ namespaces }) => namespaces));
  if (reader) return [readers[reader].refer({ secret, host, namespace: others.length > 0 ? "NAMESPACE" : namespace })];
  const [clusterScope] = clusterScopes;
  if (!clusterScope) return [];
  const place = { cluster: clusterScope.cluster, namespace };
  if (wantsTargets(targets)) return asked.again.secret === undefined ? [] : ((await forNamesake(secret, place)) ?? []);
  return (
    (await forNamesake(secret, place)) ??
    ((await isListed(secret, place)) ? [] : [{ verb: "attach", secret, serviceaccounts: ["default"], namespace }])
  );
}

type Place = { readonly cluster: Cluster; readonly namespace: string };

/** Returns the hints if a ServiceAccount or a Deployment has the name of the Secret. The user may have meant it as the target. */
async function forNamesake(secret: string, place: Place): Promise<readonly Next[] | undefined> {
  const [account, deployment] = await Promise.all([read("serviceaccount", secret, place), read("deployment.apps", secret, place)]);
  const namesake = account ?? deployment;
  if (!namesake) return undefined;
  if (targetOf(namesake).names.includes(secret)) return [];
  const target = `${account ? "serviceaccount" : "deployment"}/${secret}`;
  return [
    `${JSON.stringify(secret)} is now the name of the Secret. To attach it to ${target}, run:`,
    { verb: "attach", secret, targets: [target], namespace: place.namespace },
  ];
}

/** Whether the default ServiceAccount or a pod already lists the Secret. */
async function isListed(secret: string, place: Place): Promise<boolean> {
  const account = await read("serviceaccount", "default", place);
  if (namesIn(account?.imagePullSecrets).includes(secret)) return true;
  const pods = await listAll(place.cluster, "pod", { namespace: place.namespace }).catch(unlessRefused([]));
  return pods.some(({ spec }) => namesIn(spec.imagePullSecrets).includes(secret));
}

const read = <K extends "serviceaccount" | "deployment.apps">(kind: K, name: string, { cluster, namespace }: Place) =>
  cluster.get({ kind, name, namespace }).catch(unlessRefused(undefined));

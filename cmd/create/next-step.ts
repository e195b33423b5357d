import { unlessRefused } from "../../src/errors.ts";
import type { Fix } from "../../src/fix.ts";
import type { Next } from "../../src/output/error.ts";
import type { ClusterScope } from "../../src/scope/cluster-scopes.ts";
import { readers } from "../../src/secret/readers.ts";
import { wantsTargets } from "../../src/state/targets.ts";
import type { CreateOptions } from "./options.ts";

/** The result of a run. */
type Went = {
  readonly clusterScopes: readonly ClusterScope[];
  /** The login server. */
  readonly host: string;
  /** A Secret was created. */
  readonly made: boolean;
  /** The first round of a run with --keep, or the only round of any other run. */
  readonly first: boolean;
  readonly onePlace: boolean;
};

/** Returns what is left to do until the Secret can be used: for another reader in every run, for pods only after the Secret was created. */
export function nextStep({ name: secret, targets, reader }: CreateOptions, went: Went): Fix | readonly string[] | undefined {
  const [namespace, ...others] = new Set(went.clusterScopes.flatMap(({ namespaces }) => namespaces));
  if (!reader) return went.made && went.onePlace && !wantsTargets(targets) ? attach(secret, namespace) : undefined;
  if (!went.first) return undefined;
  return readers[reader].refer({ secret, host: went.host, namespace: others.length > 0 ? "NAMESPACE" : (namespace ?? "NAMESPACE") });
}

/**
 * Completes the next step with the state of the namespace: returns none if the ServiceAccount already lists the Secret. If another object
 * has the name of the Secret, returns the command that attaches the Secret to it. A failed read leaves the step unchanged, because the
 * Secret is already written.
 */
export async function stepsLeft(next: Fix | readonly string[], [clusterScope]: readonly ClusterScope[]): Promise<Next[]> {
  if (!clusterScope || !("verb" in next) || next.verb !== "attach") return [next];
  const { secret = "", namespace } = next;
  const get = <K extends "serviceaccount" | "deployment.apps">(kind: K, name: string) =>
    clusterScope.cluster.get({ kind, name, namespace: namespace ?? "" }).catch(unlessRefused(undefined));
  const [standard, account, deployment] = await Promise.all([
    get("serviceaccount", "default"),
    get("serviceaccount", secret),
    get("deployment.apps", secret),
  ]);
  const target = account ? `serviceaccount/${secret}` : deployment && `deployment/${secret}`;
  if (target === undefined) return standard?.imagePullSecrets?.some(({ name }) => name === secret) ? [] : [next];
  const named = `${JSON.stringify(secret)} is the name of the Secret; to let ${target} use it`;
  return [named, { verb: "attach", secret, targets: [target], namespace }];
}

const attach = (secret: string, namespace: string | undefined): Fix => ({
  verb: "attach",
  secret,
  serviceaccounts: ["default"],
  namespace,
});

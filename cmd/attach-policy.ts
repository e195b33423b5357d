import type { Cluster } from "../src/cluster/port.ts";
import { minorOf } from "../src/doctor/cluster.ts";
import { CliError, usage } from "../src/errors.ts";
import type { Create } from "../src/fix.ts";
import { admissionPolicy } from "../src/output/admission-policy.ts";
import { clusterScopesOf } from "../src/scope/cluster-scopes.ts";
import type { NamespaceState } from "../src/state/namespace-state.ts";
import { onlySecret } from "../src/state/pull-secrets.ts";
import { wantsTargets } from "../src/state/targets.ts";
import { secretToAttach } from "../src/workflows/attach.ts";
import { parseLabelSelector } from "./line/label-selector.ts";
import { scopeOf } from "./line/scope-flags.ts";
import { readTargetWords, type TargetFlags } from "./line/target-words.ts";
import type { ChangeFlags } from "./run-on-targets.ts";
import type { Session } from "./session.ts";

/** The label of the namespaces whose pods get the Secret, unless `--namespace-selector` names others. */
const optIn = "acr-secret/attach=enabled";

/** The first minor version of Kubernetes 1 that serves MutatingAdmissionPolicy in admissionregistration.k8s.io/v1 (KEP-3962). */
const servedSince = 36;

/** Flags that select what a policy can't: it applies to namespaces of one cluster, by their labels. */
const others = ["all-contexts", "all-namespaces", "contexts", "exclude-namespaces", "namespaces"] as const;

type PolicyFlags = Omit<ChangeFlags, "output"> & TargetFlags;

/**
 * Prints a MutatingAdmissionPolicy that adds a pull secret to new pods. Its registries are those of the Secret in the first namespace with
 * the labels, or else in the current namespace.
 * @param make the command that creates the Secret
 * @throws CliError usage for flags that a policy can't have; notFound without the Secret; invalid if the server is too old, or if the
 * Secret has no registry
 * @returns the exit code
 */
export async function printPolicy(session: Session, flags: PolicyFlags, words: readonly string[], make: Create): Promise<number> {
  const { secret: named, targets } = readTargetWords(words, flags);
  if (wantsTargets(targets)) throw usage("-o admission-policy cannot be used with targets: the policy selects pods by their images");
  const other = others.find((flag) => [flags[flag]].flat().some((value) => value !== undefined && value !== false));
  if (other) throw usage(`-o admission-policy cannot be used with --${other}: use --namespace-selector`);
  const labels = flags["namespace-selector"] ?? optIn;
  const matchExpressions = parseLabelSelector(labels);
  if (!matchExpressions) throw usage(`unable to parse the labels ${JSON.stringify(labels)}: key1=value1,key2=value2`);
  const cluster = session.cluster();
  const { gitVersion } = await cluster.serverVersion();
  if (minorOf(gitVersion) < servedSince)
    throw new CliError("invalid", `MutatingAdmissionPolicy requires Kubernetes 1.${servedSince}, and the server has ${gitVersion}`);
  const secret = named ?? (await onlySecret(cluster, await cluster.namespace(), { ...make, or: "name the Secret" }));
  const [clusterScope] = await clusterScopesOf(scopeOf(flags), { ...session, writes: true });
  const namespaces = new Set([...(clusterScope?.namespaces ?? []), await cluster.namespace()]);
  const state = await firstWith(secret, [...namespaces], cluster);
  const { hosts } = secretToAttach(state, { secret, make, fieldManager: flags["field-manager"] });
  if (hosts.length === 0) throw new CliError("invalid", `secret/${secret} does not name the registry of its login`);
  session.print(`# For namespaces with the labels ${labels.replace(/\s+/g, " ")}\n`);
  session.print(await admissionPolicy(secret, hosts, { matchExpressions }));
  return 0;
}

/** Returns the Secret of the first namespace that has it. Without any, returns the last namespace. */
async function firstWith(
  name: string,
  [namespace = "", ...others]: readonly string[],
  cluster: Cluster,
): Promise<Pick<NamespaceState, "secret" | "scope">> {
  const secret = await cluster.get({ kind: "secret", namespace, name });
  const scope = { namespace, cluster, context: undefined };
  return secret || others.length === 0 ? { secret, scope } : firstWith(name, others, cluster);
}

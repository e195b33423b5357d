import type { Azure, SignInOptions } from "../azure/port.ts";
import { checkAzure, checkKubeletIdentities } from "../doctor/azure.ts";
import { checkKubectl, checkRights, checkServer, checkUser, type VerbRights } from "../doctor/cluster.ts";
import { type CheckResult, explainCommand, type Finding, findingOf } from "../doctor/finding.ts";
import { ladder, type Rung } from "../doctor/ladder.ts";
import { checkCertificates, checkProxy } from "../doctor/machine.ts";
import { checkNodes } from "../doctor/nodes.ts";
import { checkSchedules } from "../doctor/schedules.ts";
import { checkExpiry, checkPulls, readExpiries } from "../doctor/secrets.ts";
import type { Environment, Trace } from "../env.ts";
import { asRefusal, CliError, unlessRefused } from "../errors.ts";
import { plugin } from "../hint.ts";
import type { Cluster } from "../kube/port.ts";
import { clusterScopeOf } from "../scope/cluster-scopes.ts";
import { runConcurrently } from "../scope/concurrency.ts";
import type { Scope } from "../scope/scope.ts";
import type { PruneOptions } from "../secret/leftovers.ts";
import { counted } from "../wording.ts";
import { checkAll } from "./check.ts";
import { findLeftovers } from "./prune.ts";

export type DoctorOptions = {
  /** The namespaces whose pull secrets and images are checked. */
  readonly scope: Scope;
  /** The registry's name, login server or id. Without it, only the identity in Azure is checked. */
  readonly registry: string | undefined;
  readonly identity: SignInOptions;
  /** The rights of each verb. */
  readonly verbs: readonly VerbRights[];
  /** The hosts of Azure that requests are sent to. */
  readonly hosts: readonly string[];
};

type DoctorTools = Parameters<typeof checkAll>[2] & {
  readonly env: Environment;
  readonly trace: Trace;
  cluster(): Cluster;
  azure(identity: SignInOptions): Promise<Azure>;
};

/** Those of `prune`: a newer object in Azure may belong to a run that has not written its Secret yet. */
const pruneOptions: PruneOptions = { exports: "none", force: false, olderThan: 10 * 60_000 };

/** The checks of one part, in the order of the output. `id` and `subject` are those of a finding without its own. */
type Part = Pick<Finding, "id" | "subject"> & {
  find(): Promise<readonly CheckResult[]>;
  /** The status if the part can't look. By default, it is unknown, because another check reports the reason. */
  readonly failsAs?: Finding["status"];
};

/**
 * Starts all checks at once. Changes nothing.
 * @returns `findings` in a fixed order, each as soon as it is known, and `ways`, the ways to pull from the best to the worst
 */
export function examine(
  options: DoctorOptions,
  tools: DoctorTools,
): { findings: AsyncIterable<Finding>; ways(): Promise<readonly Rung[]> } {
  const { scope, registry, identity, verbs, hosts } = options;
  const { env, now } = tools;
  const cluster = tools.cluster();
  const kubectl = shared(cluster.kubectl());
  const namespace = shared(scope.namespaces === "all" ? Promise.resolve(undefined) : cluster.namespace());
  const clusterScope = shared(clusterScopeOf(scope, { ...tools, writes: false }));
  const expiries = shared(clusterScope.then(readExpiries));
  const azure = shared(tools.azure(identity).then((opened) => withOneSearch(opened, registry)));
  const inAzure = shared(checkAzure(azure, registry));
  const nodes = shared(checkNodes(cluster));
  const kubelets = shared(kubeletIdentity());
  const cronJobs = { group: "batch", resource: "cronjobs", verb: "create" };
  const mayCreateCronJobs = shared(namespace.then((at) => cluster.may({ ...cronJobs, namespace: at })).catch(unlessRefused(undefined)));
  /** Printed commands are for the namespace of the current command line, or for all. */
  const inPlace = (verb: string) => (scope.namespaces === "all" ? { ...plugin(verb, "--all-namespaces"), namespace: "" } : plugin(verb));

  async function kubeletIdentity(): Promise<CheckResult | undefined> {
    const [opened, { facts }] = await Promise.all([azure, nodes]);
    if (registry === undefined || facts instanceof CliError) return undefined;
    return checkKubeletIdentities(opened, registry, facts.identities).catch(unlessRefused(undefined));
  }

  async function pulls(): Promise<readonly CheckResult[]> {
    const selection = { picks: [], selector: undefined, lenient: scope.namespaces === "all" };
    const ofPods = { selection, newNode: false, images: [], serviceaccount: "default", secret: undefined };
    return checkPulls(await checkAll(await clusterScope, ofPods, tools), inPlace("check"));
  }

  async function leftovers(named: string): Promise<readonly CheckResult[]> {
    const opened = await azure;
    const doubts: string[] = [];
    const finding = { registry: opened.findRegistry(named), options: pruneOptions, warn: (text: string) => void doubts.push(text) };
    const found = await findLeftovers(opened, cluster, finding);
    if (found.unlisted) doubts.push(found.unlisted.message);
    const orphans = found.rows.filter(({ state }) => state === "orphan").length;
    const { name } = found.registry;
    const subject = `registry/${name}`;
    const unclear = doubts.map((message): CheckResult => ({ subject, status: "unknown", message }));
    if (orphans === 0 && unclear.length > 0) return unclear;
    const exported = found.rows.filter(({ state }) => state === "exported").length;
    const except = exported > 0 ? `, except ${counted(exported, "exported object")}` : "";
    if (orphans === 0) return [{ subject, status: "ok", message: `${name} has no object of this plugin that no Secret uses${except}` }];
    const message = `${counted(orphans, "object")} in ${name} that this plugin created and no Secret uses`;
    return [{ subject, status: "warning", message, next: plugin("prune", "--registry", name) }, ...unclear];
  }

  const parts: readonly Part[] = [
    { id: "azure-identity", subject: "azure", find: async () => (await inAzure).findings },
    // In a pod, the plugin works without kubectl
    { id: "kubectl-version", subject: "kubectl", failsAs: "warning", find: () => checkKubectl(kubectl, cluster) },
    { id: "cluster-version", subject: "cluster", failsAs: "failed", find: () => checkServer(cluster) },
    { id: "cluster-identity", subject: "cluster", find: () => checkUser(kubectl, cluster) },
    { id: "proxy", subject: "HTTPS_PROXY", failsAs: "failed", find: async () => checkProxy(env, hosts) },
    { id: "certificates", subject: "certificates", find: () => checkCertificates(env) },
    { id: "cluster-rights", subject: "cluster", find: async () => checkRights(verbs, cluster, await namespace) },
    { id: "nodes", subject: "nodes", find: async () => (await nodes).findings },
    { id: "kubelet-identity", subject: "nodes", find: async () => [await kubelets].filter((one) => one !== undefined) },
    { id: "secret-expiry", subject: "pull secrets", find: async () => checkExpiry(await expiries, inPlace("list"), now()) },
    { id: "image-pulls", subject: "images", find: pulls },
    { id: "schedules", subject: "schedules", find: () => checkSchedules(cluster, expiries, now()) },
    ...(registry === undefined ? [] : [{ id: "leftovers" as const, subject: `registry/${registry}`, find: () => leftovers(registry) }]),
  ];

  async function* find({ find: look, failsAs = "unknown", ...of }: Part): AsyncGenerator<Finding> {
    const results = await look().catch((error: unknown) => [{ ...findingOf(asRefusal(error), of), status: failsAs }]);
    for (const result of results) {
      const finding = { ...of, ...result };
      yield { ...finding, next: finding.next ?? (finding.status === "ok" ? undefined : explainCommand(finding.id)) };
    }
  }

  return {
    findings: runConcurrently(parts, { width: parts.length, interrupted: () => false }, find),
    ways: async () => {
      const [{ facts: azureFacts }, { facts: nodeFacts }] = await Promise.all([inAzure, nodes]);
      const identity = await kubelets.catch(unlessRefused(undefined));
      return ladder({ azure: azureFacts, nodes: nodeFacts, kubeletIdentity: identity, mayCreateCronJobs: await mayCreateCronJobs });
    },
  };
}

function shared<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** Returns the same Azure, which reads the registry only once. The search starts immediately. */
function withOneSearch(azure: Azure, registry: string | undefined): Azure {
  if (registry === undefined) return azure;
  const found = shared(azure.findRegistry(registry));
  const facts = shared(found.then((one) => azure.registryFacts(one)));
  return { ...azure, findRegistry: () => found, registryFacts: () => facts };
}

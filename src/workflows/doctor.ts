import type { Azure, SignInOptions } from "../azure/port.ts";
import type { Cluster, KubectlFacts } from "../cluster/port.ts";
import { checkAzure, checkKubeletIdentities } from "../doctor/azure.ts";
import { checkKubectl, checkServer, checkUser } from "../doctor/cluster.ts";
import { explainCommand, type Finding, findingOf } from "../doctor/finding.ts";
import { ladder, type Rung } from "../doctor/ladder.ts";
import { checkLeftovers } from "../doctor/leftovers.ts";
import { checkCertificates, checkProxy } from "../doctor/machine.ts";
import { checkNodes } from "../doctor/nodes.ts";
import { checkRights, type VerbRights } from "../doctor/rights.ts";
import { checkExpiry, checkPulls } from "../doctor/secrets.ts";
import type { Environment } from "../env.ts";
import { isRefusal, unlessRefused } from "../errors.ts";
import type { Fix } from "../fix.ts";
import { planPrune } from "../plan/prune.ts";
import { clusterScopesOf } from "../scope/cluster-scopes.ts";
import { runConcurrently } from "../scope/concurrency.ts";
import type { Scope } from "../scope/scope.ts";
import { checkAll } from "./check.ts";
import { findLeftovers } from "./find-leftovers.ts";

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
  cluster(): Cluster;
  contexts(): Promise<readonly string[]>;
  kubectl(): Promise<KubectlFacts>;
  azure(identity: SignInOptions): Promise<Azure>;
};

/** The age in milliseconds below which an object in Azure may belong to a run that has not written its Secret yet: that of `prune`. */
const recent = 10 * 60_000;

/** The checks of one part, in the order of the output. `id` and `subject` are those of the finding if the part fails as a whole. */
type Part = Pick<Finding, "id" | "subject"> & { find(): readonly Finding[] | Promise<readonly Finding[]> };

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
  const kubectl = shared(tools.kubectl());
  const namespace = shared(scope.namespaces === "all" ? Promise.resolve(undefined) : cluster.namespace());
  const clusterScope = shared(clusterScopesOf(scope, { ...tools, writes: false }).then(([only]) => only));
  const azure = shared(tools.azure(identity).then((opened) => withOneSearch(opened, registry)));
  const inAzure = shared(azure.then((opened) => checkAzure(opened, registry)).catch(withoutAzure));
  const nodes = shared(checkNodes(cluster));
  const kubelets = shared(identitiesOf());
  const mayCreateCronJobs = shared(
    namespace
      .then((at) => cluster.may({ group: "batch", resource: "cronjobs", verb: "create", namespace: at }))
      .catch(unlessRefused(undefined)),
  );
  /** The place of printed commands: the namespace of the current command line, or all. */
  const place = scope.namespaces === "all" ? { scope } : {};

  async function identitiesOf() {
    const none = { findings: [], role: undefined };
    const [opened, { facts: nodeFacts }] = await Promise.all([azure, nodes]);
    if (registry === undefined || "unknown" in nodeFacts || nodeFacts.identities.length === 0) return none;
    const found = opened.findRegistry(registry);
    const reading = { registry: found, settings: shared(found.then((one) => opened.registryFacts(one))) };
    const checking = checkKubeletIdentities(opened, reading, nodeFacts.identities).catch(unlessRefused(none));
    const [{ facts: azureFacts }, checked] = await Promise.all([inAzure, checking]);
    return "unknown" in azureFacts ? none : checked;
  }

  async function pulls(): Promise<readonly Finding[]> {
    const only = await clusterScope;
    const selection = { picks: [], selector: undefined, lenient: scope.namespaces === "all" };
    const ofPods = { selection, newNode: false, images: [], serviceaccount: "default", secret: undefined };
    return checkPulls(await checkAll(only ? [only] : [], ofPods, tools), { verb: "check", ...place });
  }

  async function leftovers(): Promise<readonly Finding[]> {
    const opened = await azure;
    const doubts: string[] = [];
    const everywhere = [{ context: undefined, cluster, namespaces: [], open: true }];
    const found = await findLeftovers(opened, opened.findRegistry(registry ?? ""), everywhere, (text) => void doubts.push(text));
    doubts.push(...found.holders.unlisted.map(({ error }) => error.message));
    const facts = { ...found.holders, now: found.now };
    const rows = planPrune(found.made, facts, { includeUnknown: false, includeExported: false, olderThan: recent });
    return checkLeftovers(rows, doubts, { registry: found.registry.name, identity });
  }

  const parts: readonly Part[] = [
    { id: "kubectl-version", subject: "kubectl", find: () => checkKubectl(kubectl, cluster) },
    { id: "cluster-version", subject: "cluster", find: () => checkServer(cluster) },
    { id: "cluster-identity", subject: "cluster", find: () => checkUser(kubectl, cluster) },
    { id: "proxy", subject: "HTTPS_PROXY", find: () => checkProxy(env, hosts) },
    { id: "certificates", subject: "certificates", find: () => checkCertificates(env) },
    { id: "azure-identity", subject: "azure", find: async () => (await inAzure).findings },
    { id: "cluster-rights", subject: "cluster", find: async () => checkRights(verbs, cluster, await namespace) },
    { id: "nodes", subject: "nodes", find: async () => (await nodes).findings },
    { id: "kubelet-identity", subject: "nodes", find: async () => (await kubelets).findings },
    {
      id: "secret-expiry",
      subject: "pull secrets",
      find: async () => checkExpiry(await clusterScope, { verb: "list", ...place }, now()),
    },
    { id: "image-pulls", subject: "images", find: pulls },
    ...(registry === undefined ? [] : [{ id: "leftovers" as const, subject: `registry/${registry}`, find: leftovers }]),
  ];

  async function* find({ find: look, ...of }: Part): AsyncGenerator<Finding> {
    try {
      for (const finding of await look()) yield withNext(finding, identity);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // The check that reports this error as a failure is another one
      yield { ...findingOf(error, of), status: "unknown" };
    }
  }

  return {
    findings: runConcurrently(parts, { width: () => parts.length, interrupted: () => false }, find),
    ways: async () => {
      const [{ facts: azureFacts }, { facts: nodeFacts }] = await Promise.all([inAzure, nodes]);
      const { role } = await kubelets.catch(unlessRefused({ role: undefined }));
      const facts = { azure: azureFacts, nodes: nodeFacts, identityRole: role, mayCreateCronJobs: await mayCreateCronJobs };
      return ladder(facts).map((rung) => ({ ...rung, next: withIdentity(rung.next, identity) }));
    },
  };
}

/** Returns the same promise. The parts that await it report its error, even if they do so later. */
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

/** Returns the result of an Azure that could not be opened. @throws every error except a refusal */
function withoutAzure(error: unknown) {
  if (!isRefusal(error)) throw error;
  const facts = { unknown: error.message, next: error.hint };
  return { findings: [findingOf(error, { id: "azure-identity", subject: "azure" })], facts };
}

/** Adds the flags of the sign-in to a command about a registry. */
function withIdentity(next: string | Fix | undefined, identity: SignInOptions): string | Fix | undefined {
  return typeof next === "object" && "verb" in next && next.registry !== undefined ? { identity, ...next } : next;
}

/** Returns a finding with a next step, unless nothing is wrong. */
const withNext = ({ next, ...finding }: Finding, identity: SignInOptions): Finding => ({
  ...finding,
  next: withIdentity(next ?? (finding.status === "ok" ? undefined : explainCommand(finding.id)), identity),
});

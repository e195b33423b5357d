import { causes } from "../check/cause.ts";
import type { ImageFacts, PodFacts } from "../check/facts.ts";
import { unlessRefused } from "../errors.ts";
import type { Cluster } from "../kube/port.ts";
import { possibleRecords } from "../kubelet/records.ts";
import { decideStart, type HeldLogin } from "../kubelet/start.ts";
import type { KubeObjects } from "../objects.ts";
import type { Proof } from "../registry/port.ts";
import { mapConcurrently, memoize } from "../scope/concurrency.ts";
import { limits } from "../scope/limits.ts";
import { either } from "../wording.ts";
import { openAccesses } from "./accesses.ts";
import type { ImageQuery } from "./image.ts";
import { readKubelet } from "./kubelets.ts";
import type { Secrets } from "./pull-secrets.ts";

/** The most nodes on which a pod without a node may start. For more, its start is unknown. */
const mostNodes = 20;

/**
 * Predicts whether pods get their images at their next start, if their nodes decide that and not a pull. Reads each node, its pods and
 * their Events at most once, and only if a prediction needs them. Whatever is not visible makes the result `unknown`.
 * @param newNode the nodes have no images
 */
export function openStarts(cluster: Cluster, newNode: boolean) {
  const kubelets = new Map<string, Promise<Kubelet[]>>();
  const accesses = openAccesses(cluster);

  /** Returns the kubelet of the named node, or those of all nodes; none if they are not visible, or too many. */
  const kubeletsAt = (name = "") =>
    memoize(kubelets, name, async () => {
      const found = await firstNodes(cluster, name).catch(unlessRefused([]));
      return found.length > mostNodes ? [] : mapConcurrently(found, limits.nodePulls, (node) => readKubelet(cluster, node));
    });

  /** Returns the records that a kubelet may have of an image that it may have. */
  async function recordsOf(kubelet: Kubelet, { pullPolicy, question, namespace, own }: Starting) {
    // No other rule uses them
    const isAsked = kubelet.rules.some(({ ensures, policy }) => ensures && policy !== "NeverVerify");
    if (!isAsked || pullPolicy === "Always") return [undefined];
    const [seen, hasProvider] = await Promise.all([accesses.on(kubelet.name, question, namespace), kubelet.mayHaveProvider()]);
    return possibleRecords(seen.accesses, { ...seen, hasProvider, own });
  }

  async function startOn(kubelet: Kubelet, it: Starting): Promise<StartFacts> {
    const { pullPolicy, question, namespace, own } = it;
    const { host, repository } = question.image;
    const presence = it.pulled ? [true] : kubelet.has(question.text);
    const records = presence.includes(true) ? await recordsOf(kubelet, it) : [undefined];
    const of = { pullPolicy, image: `${host}/${repository}`, logins: own, account: `${namespace}/${question.account}` };
    const possible = presence.flatMap((isPresent) =>
      kubelet.rules.flatMap((rules) => records.map((record) => ({ ...of, isPresent, rules, record }))),
    );
    const isByPull = possible.some((one) => decideStart(one, true).starts !== decideStart(one, false).starts);
    const pulls = isByPull ? await pullsOn(kubelet, it) : [false];
    const decisions = possible.flatMap((one) => pulls.map((canPull) => decideStart(one, canPull)));
    return summary(kubelet, it.waits && own.length === 0 ? afterFailure(decisions) : decisions);
  }

  async function start(it: Starting): Promise<StartFacts | undefined> {
    if (newNode) return it.pullPolicy === "Never" ? { result: "fails", message: "a new node does not have the image" } : undefined;
    if (it.pulls === true && it.pullPolicy !== "Never") return byPull;
    const found = await kubeletsAt(it.node);
    if (found.length > 0) return worst(await mapConcurrently(found, limits.nodePulls, (kubelet) => startOn(kubelet, it)));
    return { result: "unknown", message: "it is not visible on which node the pod starts, or you may not list nodes" };
  }

  /** @returns undefined if a pull decides */
  return async function predict(question: ImageQuery, facts: ImageFacts, secrets: Secrets): Promise<StartFacts | undefined> {
    const { image, names, only, pods, templates } = question;
    const { namespace, tried, anonymous, unread, nodeIdentity } = facts;
    if (only || unread.length > 0 || nodeIdentity !== undefined) return undefined;
    const pulls = pullsBy([...tried.map(({ proof }) => proof), ...(anonymous ? [anonymous] : [])]);
    const own = await accesses.logins(names, namespace, image, secrets);
    const containers: readonly Container[] = pods.length > 0 ? pods : templates;
    const decided = containers.map(({ pullPolicy, node, pulled, pulledAt, failures = [] }) => {
      // Its node has pulled it without a login of a Secret
      const hasPulled = names.length === 0 && pulledAt !== undefined;
      return { pullPolicy, node, pulled, waits: failures.length > 0, pulls: hasPulled || pulls };
    });
    const open = pulls === true ? decided.filter(({ pullPolicy }) => pullPolicy === "Never") : decided;
    const distinct = [...new Map(open.map((one) => [JSON.stringify(one), { ...one, question, namespace, own }])).values()];
    return worst(await mapConcurrently(distinct, limits.nodePulls, start));
  };
}

type StartFacts = NonNullable<ImageFacts["start"]>;
type Kubelet = Awaited<ReturnType<typeof readKubelet>>;
type Decision = ReturnType<typeof decideStart>;
type Container = Pick<PodFacts, "pullPolicy"> & Partial<Pick<PodFacts, "node" | "pulled" | "pulledAt" | "failures">>;

type Starting = Pick<Container, "pullPolicy" | "node" | "pulled"> & {
  /** Its node has failed to pull the image. */
  readonly waits: boolean;
  readonly pulls: ReturnType<typeof pullsBy>;
  readonly question: ImageQuery;
  readonly namespace: string;
  readonly own: readonly HeldLogin[];
};

async function firstNodes(cluster: Pick<Cluster, "pages">, name: string): Promise<readonly KubeObjects["node"][]> {
  for await (const page of cluster.pages("node", name === "" ? {} : { fields: `metadata.name=${name}` })) return page;
  return [];
}

async function pullsOn(kubelet: Kubelet, { pulls }: Starting): Promise<readonly boolean[]> {
  if (pulls === "rejected") return (await kubelet.mayHaveProvider()) ? [false, true] : [false];
  return pulls === "unknown" ? [false, true] : [pulls];
}

/** Whether a pull succeeds; `rejected`: only with a login of the node, which a kubelet tries after those of the pod. */
function pullsBy(proofs: readonly Proof[]): boolean | "unknown" | "rejected" {
  const results = proofs.map(({ verdict }) => causes[verdict].pulls);
  if (results.includes(true)) return true;
  if (results.includes("unknown")) return "unknown";
  return proofs.length > 0 && proofs.every(({ verdict }) => verdict === "refused" || verdict === "out-of-scope") && "rejected";
}

const byPull: StartFacts = { result: "starts", message: "its node pulls the image with its own identity" };

const worst = (all: readonly (StartFacts | undefined)[]): StartFacts | undefined =>
  all.find((one) => one?.result === "fails") ?? all.find((one) => one?.result === "unknown") ?? all[0];

/** Why a kubelet starts an image that it has, or does not. */
const words: Readonly<Record<Decision["rule"], string>> = {
  always: "it pulls before each start",
  missing: "it does not have the image",
  "gate-off": "it starts every image that it has",
  "never-verify": "it starts every image that it has",
  preloaded: "the image was preloaded",
  allowlisted: "its allowlist has the image",
  open: "the image was once pulled there without a pull secret",
  "same-login": "a login of the pod has pulled the image there",
  "same-secret": "a login of the pod has pulled the image there",
  "same-account": "the ServiceAccount of the pod has pulled the image there",
  other: "no login of the pod has pulled the image there",
};

/** Returns the decisions for a pod without a login, which its node has just rejected. */
function afterFailure(decisions: readonly Decision[]): readonly Decision[] {
  const failing = decisions.filter(({ starts }) => !starts);
  return failing.length > 0 ? failing : decisions;
}

function summary({ name, version }: Kubelet, decisions: readonly Decision[]): StartFacts {
  const node = `node ${name} (kubelet ${version})`;
  const reason = ({ starts, needsPull, rule }: Decision) =>
    starts && needsPull ? "it can pull the image with its own identity" : words[rule];
  const because = (isStart: boolean) => either([...new Set(decisions.filter(({ starts }) => starts === isStart).map(reason))]);
  if (decisions.every(({ starts }) => starts)) return { result: "starts", message: `${node} starts the image: ${because(true)}` };
  if (!decisions.some(({ starts }) => starts)) return { result: "fails", message: `${node} does not start the image: ${because(false)}` };
  return { result: "unknown", message: `it is not visible whether ${node} starts the image. It does only if ${because(true)}` };
}

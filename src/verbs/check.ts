import { judgeOnNode } from "../check/on-node.ts";
import type { PodPull } from "../check/pull-pod.ts";
import { judge, type Verdict } from "../check/verdict.ts";
import { asRefusal, CliError, Interrupted, isRefusal } from "../errors.ts";
import { plugin } from "../hint.ts";
import { type PodKind, templateKinds } from "../kinds.ts";
import { askOnce } from "../registry/ask-once.ts";
import type { ImageRef, Registry } from "../registry/port.ts";
import type { ClusterScope } from "../scope/cluster-scopes.ts";
import { mapConcurrently, runConcurrently } from "../scope/concurrency.ts";
import { limits } from "../scope/limits.ts";
import { type ImageQuery, readImageFacts } from "../usage/image.ts";
import type { UnreadableNamespace } from "../usage/listed-secrets.ts";
import { openNodePulls, type PullTools } from "../usage/node-pulls.ts";
import { forNodesOf } from "../usage/platforms.ts";
import { noOtherNamespaces, noSecret, type OtherNamespaces, secretsOf } from "../usage/pull-secrets.ts";
import { type PullReader, type PullSelection, pullReadersOf } from "../usage/pulling-objects.ts";
import { type Pull, pullsByAccount, pullsOf } from "../usage/pulls.ts";

/** What a check selects. */
type CheckOptions = {
  /** The pods and templates. */
  readonly selection: PullSelection;
  /** Ignores the images that nodes have. */
  readonly newNode: boolean;
  /** Images to check instead of the images of pods and templates. */
  readonly images: readonly ImageRef[];
  /** The ServiceAccount whose pull secrets are used for `images`. */
  readonly serviceaccount: string;
  /** The only Secret to test, regardless of the pods' own lists. */
  readonly secret: string | undefined;
  /** Also fetches the first bytes of each image's parts, for the platforms of the nodes. */
  readonly deep?: boolean;
  /** Lets a node pull each image too: this one, or any. */
  readonly fromCluster?: { readonly node: string | undefined } | undefined;
};

type CheckTools = PullTools & {
  readonly registry: Registry;
};

/** The tools for one namespace. */
type PlaceTools = Pick<CheckTools, "registry" | "now"> & {
  readonly width?: number;
  readonly nodePulls?: ReturnType<typeof openNodePulls> | undefined;
  readonly others?: OtherNamespaces | undefined;
};

/**
 * Checks all namespaces in order. A namespace that can't be read is a failure and doesn't stop the others.
 * @returns `unlisted`: the kinds of template that the user may not list @throws Interrupted
 */
export async function checkAll(clusterScope: ClusterScope, options: CheckOptions, tools: CheckTools) {
  // Many pods use the same image
  const asked = askOnce(tools.registry);
  const registry = options.deep ? forNodesOf(clusterScope.cluster, asked) : asked;
  const nodePulls = options.fromCluster && openNodePulls(clusterScope.cluster, options.fromCluster.node, tools);
  const width = nodePulls ? limits.nodePulls : limits.cluster;
  const verdicts: Verdict[] = [];
  const unreadable: UnreadableNamespace[] = [];
  const unlisted = new Set<PodKind>();
  // Named images need no lists
  const scope = options.images.length > 0 ? { ...clusterScope, open: false } : clusterScope;
  const readers = pullReadersOf(scope, options.selection, unlisted);
  const ofPlace = { ...tools, registry, width, nodePulls, others: noOtherNamespaces() };
  try {
    for await (const checked of runConcurrently(readers, { ...tools, width }, (reader) => checkOne(reader, options, ofPlace))) {
      if (Array.isArray(checked)) verdicts.push(...checked);
      else unreadable.push(checked);
    }
  } finally {
    await nodePulls?.close();
  }
  // The namespaces that were not started are missing
  if (tools.interrupted()) throw new Interrupted();
  return { verdicts, unreadable, unlisted: templateKinds.filter((kind) => unlisted.has(kind)) };
}

async function* checkOne(reader: PullReader, options: CheckOptions, tools: PlaceTools): AsyncGenerator<Verdict[] | UnreadableNamespace> {
  const { namespace } = reader;
  try {
    yield await checkPlace(reader, options, tools);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    yield { namespace, error };
  }
}

/**
 * Judges images of one namespace: the named images, or those of its pods and templates.
 * @returns one verdict for each named image, or for each pair of an image and a list of pull secrets. Empty if there is no image that
 * could need a credential
 * @throws CliError notFound if the namespace, a target, the ServiceAccount or a named Secret doesn't exist
 */
export async function checkPlace(
  reader: PullReader,
  options: CheckOptions,
  { registry, now, width = limits.cluster, nodePulls, others }: PlaceTools,
): Promise<Verdict[]> {
  const { cluster, namespace } = reader;
  const pulls = await selectPulls(reader, options);
  const secrets = secretsOf(cluster, namespace, others);
  if (options.secret !== undefined && !(await secrets.get(options.secret)))
    throw noSecret(options.secret, { ...plugin("list"), namespace });
  const pulled = pulls.flatMap(({ image, pods }) => ("host" in image && pods.some((pod) => pod.pulled) ? [image] : []));
  const sources = { namespace, secrets, registry, now: now(), pulled, cluster, deep: options.deep ?? false };

  const verdicts = await mapConcurrently(pulls, width, async (pull) => {
    const question = ask(pull, options.secret);
    if (!question) return [unreadable(pull, namespace)];
    const facts = await readImageFacts(question, sources);
    if (!facts) return [];
    const { tried, names, attachedLater } = facts;
    const hasLogin = tried.length > 0 || (names.length === 0 && attachedLater !== undefined);
    const answer = await nodePulls?.pull(podPullOf(question, reader), hasLogin);
    return [answer ? judgeOnNode(facts, answer) : judge(facts)];
  });
  return withoutOthers(verdicts.flat(), options);
}

/** Returns the pulls that a check selects in one namespace. */
async function selectPulls(reader: PullReader, { images, serviceaccount, newNode }: CheckOptions): Promise<Pull[]> {
  if (images.length > 0) return pullsByAccount(reader.cluster, reader.namespace, serviceaccount, images);
  const pulls = pullsOf(await reader.read());
  return newNode ? pulls.map((pull) => ({ ...pull, pods: pull.pods.map((pod) => ({ ...pod, pulled: false })) })) : pulls;
}

function ask({ image, ...pull }: Pull, secret: string | undefined): ImageQuery | undefined {
  if ("invalid" in image) return undefined;
  return secret === undefined ? { ...pull, image, only: false } : { ...pull, image, only: true, names: [secret], accountNames: [] };
}

/** Returns the pull of a pod that is created for it, where a pod that waits for the image may run. */
function podPullOf({ text, account, names, pods, placement }: ImageQuery, { namespace }: PullReader): PodPull {
  const near = pods.find(({ pulled, node }) => !pulled && node !== undefined)?.node;
  return { namespace, image: text, account, names, placement, near };
}

function unreadable({ image, text, account, owners, pods }: Pull, namespace: string): Verdict {
  const message = "invalid" in image ? image.invalid : undefined;
  const place = { image: text, namespace, secret: "", account, owners, pods: pods.map(({ name }) => name) };
  return { ...place, cause: "invalid-image", proof: "registry", message };
}

/** Omits images that the named Secret has no login for, unless there are no others or the user named the images too. */
function withoutOthers(verdicts: readonly Verdict[], { secret, images }: CheckOptions): Verdict[] {
  const about = secret === undefined || images.length > 0 ? [] : verdicts.filter(({ cause }) => !["no-login", "by-node"].includes(cause));
  return about.length > 0 ? about : [...verdicts];
}

/** Milliseconds between two rounds. */
const roundInterval = 5000;

/** The errors that may pass: a namespace or a target that is created later, a broken connection. */
const passing: readonly CliError["kind"][] = ["notFound", "unreachable", "timeout", "conflict"];

type Round = { readonly checked: Awaited<ReturnType<typeof checkAll>> };

type Wait = {
  /** 0 checks once. */
  readonly milliseconds: number;
  isFailure(verdict: Verdict): boolean;
  /** Whether a verdict ends the wait early. Even a pod with an invalid image may be one that a rollout is replacing. */
  isFinal(verdict: Verdict): boolean;
  now(): Date;
  sleep(milliseconds: number): Promise<void>;
};

/**
 * Repeats a check until it finds images and none of them fails, or until the time is over.
 * @param check reads everything again
 * @returns the last round @throws its error; Interrupted; ProxyEnded
 */
export async function waitForPulls<R extends Round>(check: () => Promise<R>, wait: Wait): Promise<R> {
  const deadline = wait.now().getTime() + wait.milliseconds;
  for (;;) {
    const round = await check().catch(asRefusal);
    const left = deadline - wait.now().getTime();
    if (left > 0 && mayImprove(round, wait)) await wait.sleep(Math.min(roundInterval, left));
    else if (round instanceof CliError) throw round;
    else return round;
  }
}

function mayImprove(round: Round | CliError, { isFailure, isFinal }: Wait): boolean {
  if (round instanceof CliError) return passing.includes(round.kind);
  const { verdicts, unreadable } = round.checked;
  if (verdicts.some(isFinal)) return false;
  if (unreadable.length > 0) return unreadable.every(({ error }) => passing.includes(error.kind));
  return verdicts.length === 0 || verdicts.some(isFailure);
}

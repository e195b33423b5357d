import { causes } from "../check/cause.ts";
import type { ImageFacts } from "../check/facts.ts";
import { judgeOnNode } from "../check/on-node.ts";
import type { PodPull } from "../check/pull-pod.ts";
import { judge, type Verdict } from "../check/verdict.ts";
import { hour } from "../duration.ts";
import { asRefusal, CliError, Interrupted, isRefusal } from "../errors.ts";
import { plugin } from "../hint.ts";
import { nameOf, type PodKind, templateKinds } from "../kinds.ts";
import type { Pod } from "../objects.ts";
import { askOnce } from "../registry/ask-once.ts";
import { isLoginServerOf } from "../registry/login-server.ts";
import type { ImageRef, Registry } from "../registry/port.ts";
import type { ClusterScope } from "../scope/cluster-scopes.ts";
import { mapConcurrently, once, runConcurrently } from "../scope/concurrency.ts";
import { limits } from "../scope/limits.ts";
import { writtenManifest } from "../targets/written-manifest.ts";
import { type Admit, isUnchanged, type NewPod, openAdmission } from "../usage/admission.ts";
import { type ImageQuery, readImageFacts } from "../usage/image.ts";
import { azureHost, containersOf, readImage } from "../usage/images.ts";
import type { UnreadableNamespace } from "../usage/listed-secrets.ts";
import { openNodePulls, type PullTools } from "../usage/node-pulls.ts";
import { forNodesOf } from "../usage/platforms.ts";
import { noOtherNamespaces, noSecret, type OtherNamespaces, secretsOf } from "../usage/pull-secrets.ts";
import { type PullReader, type PullSelection, pullReadersOf } from "../usage/pulling-objects.ts";
import { type Pull, type PullSource, pullsByAccount, pullsOf } from "../usage/pulls.ts";
import { openStarts } from "../usage/starts.ts";
import { joinNames, shownName } from "../wording.ts";

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
  /** Registries that the nodes can pull from by an identity of their own: names, login servers or ids in Azure. */
  readonly nodesCanPull?: readonly string[];
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
  readonly admit?: Admit;
  readonly predict?: ReturnType<typeof openStarts>;
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
  const ofPlace = {
    ...tools,
    registry,
    width,
    nodePulls,
    others: noOtherNamespaces(),
    admit: openAdmission(clusterScope.cluster),
    predict: openStarts(clusterScope.cluster, options.newNode),
  };
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
  { registry, now, width = limits.cluster, nodePulls, others, ...tools }: PlaceTools,
): Promise<Verdict[]> {
  const { cluster, namespace } = reader;
  const { admit = openAdmission(cluster), predict = openStarts(cluster, options.newNode) } = tools;
  const pulls = await selectPulls(reader, options);
  const secrets = secretsOf(cluster, namespace, others, reader.secrets);
  if (options.secret !== undefined && !(await secrets.get(options.secret)))
    throw noSecret(options.secret, { ...plugin("list"), namespace });
  const pulled = pulls.flatMap(({ image, pods }) => ("host" in image && pods.some((pod) => pod.pulled) ? [image] : []));
  const sources = { namespace, secrets, registry, now: now(), pulled, cluster, deep: options.deep ?? false };

  const seen = once(() => seenPulls(pulls, now()));
  const read = async (question: ImageQuery): Promise<ImageFacts | undefined> => {
    const facts = await readImageFacts(question, sources);
    const identified = facts && { ...facts, nodeIdentity: nodeIdentityFor(facts, options, seen) };
    return identified && { ...identified, start: await predict(question, identified, secrets) };
  };

  const verdicts = await mapConcurrently(pulls, width, async (pull) => {
    const question = ask(pull, options.secret);
    if (!question) return [unreadable(pull, namespace)];
    const facts = await read(question);
    const answer = facts && (await nodePulls?.pull(podPullOf(question, reader), mayHaveLogin(facts)));
    return answer ? [judgeOnNode(facts, answer)] : judgeHere(question, facts, { namespace, admit, read });
  });
  return withoutOthers(verdicts.flat(), options);
}

const mayHaveLogin = ({ tried, unread, names, attachedLater }: ImageFacts): boolean =>
  tried.length + unread.length > 0 || (names.length === 0 && attachedLater !== undefined);

type Reading = { namespace: string; admit: Admit; read(question: ImageQuery): Promise<ImageFacts | undefined> };

async function judgeHere(question: ImageQuery, facts: ImageFacts | undefined, reading: Reading): Promise<Verdict[]> {
  if (question.sources.some(({ isNew }) => isNew) && !question.only) return judgeAdmitted(question, facts, reading);
  return facts ? [judge(facts)] : [];
}

/** The most templates of one image to ask the API server about. A tenant can create thousands. */
const mostAsked = 50;

/** Judges pods that don't exist yet by what the API server makes of them. Those that it changes in the same way have one verdict. */
async function judgeAdmitted(question: ImageQuery, facts: ImageFacts | undefined, { namespace, admit, read }: Reading): Promise<Verdict[]> {
  const unchanged = { names: question.names, ...readImage(question.text) };
  const fails = facts !== undefined && causes[judge(facts).cause].severity === "failure";
  const asked = new Set(question.sources.filter(({ isNew }) => isNew).slice(0, mostAsked));
  const answers = await mapConcurrently(question.sources, limits.nodePulls, async (source) => {
    if (!asked.has(source)) return { source, answer: unchanged };
    const answer = await admit(namespace, newPodOf(source, question), fails);
    if (!("names" in answer)) return { source, answer: !fails || isUnchanged(answer) ? unchanged : answer };
    const image = containersOf(answer).find(({ name }) => name === source.container)?.image ?? question.text;
    return { source, answer: { names: answer.names, ...readImage(image) } };
  });
  const groups = [...Map.groupBy(answers, ({ answer }) => JSON.stringify(answer)).values()];
  const verdicts = await mapConcurrently(groups, limits.nodePulls, async (group) => {
    const [{ answer }] = group as [(typeof group)[number]];
    const templates = group.flatMap(({ source }) => source.template ?? []);
    const owners = [...new Map(group.flatMap(({ source: { owner } }) => (owner ? [[nameOf(owner), owner]] : []))).values()];
    const names = new Set(group.flatMap(({ source: { template, pod } }) => (template ? [] : pod.metadata?.name)));
    const of = { templates, owners, pods: question.pods.filter(({ name }) => names.has(name)) };
    const verdict = facts && judge({ ...facts, ...of });
    if (verdict && "unknown" in answer) return notChecked(verdict, answer.unknown);
    if (verdict && "note" in answer) return withNotes(verdict, [answer.note ?? []].flat());
    return "names" in answer ? judgeChanged({ ...question, ...of }, answer, verdict, read) : verdict;
  });
  return verdicts.flatMap((verdict) => verdict ?? []);
}

async function judgeChanged(
  question: ImageQuery,
  { names, image, text }: ReturnType<typeof readImage> & Pick<ImageQuery, "names">,
  verdict: Verdict | undefined,
  read: Reading["read"],
): Promise<Verdict | undefined> {
  const notes = changesOf(question, { names, text });
  if (notes.length === 0) return verdict;
  const changed = "invalid" in image ? undefined : await read({ ...question, image, text, names });
  if (changed) return withNotes(judge(changed), notes);
  return verdict && notChecked(verdict, `no pull secret of new pods has a login for ${text}`, notes);
}

/** Returns the pod as a controller or a user would create it. */
function newPodOf({ template, pod }: PullSource, { pods: [first] }: ImageQuery): NewPod {
  return template ? pod : (writtenManifest(pod as Pod, first?.own ? undefined : []) as NewPod);
}

type Changed = Pick<ImageQuery, "names" | "text">;

/** Says what admission changes in new pods. */
const changesOf = ({ names: before, text: old }: Changed, { names, text }: Changed): string[] => {
  const added = names.filter((name) => !before.includes(name));
  const removed = before.filter((name) => !names.includes(name));
  return [
    ...(added.length > 0 ? [`admission adds secret ${joinNames(added.map(shownName))} to new pods`] : []),
    ...(removed.length > 0 ? [`admission removes secret ${joinNames(removed.map(shownName))} from new pods`] : []),
    ...(text === old ? [] : [`admission changes the image of new pods to ${text}`]),
  ];
};

const withNotes = (verdict: Verdict, notes: readonly string[]): Verdict => ({ ...verdict, notes: [...notes, ...(verdict.notes ?? [])] });

const notChecked = (verdict: Verdict, message: string, notes: readonly string[] = []): Verdict => ({
  ...verdict,
  cause: "not-checked",
  message,
  registryMessages: undefined,
  notes,
  fix: undefined,
});

/** Returns why the nodes can pull an image by an identity of their own. */
function nodeIdentityFor(
  { azure, ref, pods, anonymous }: ImageFacts,
  { nodesCanPull = [] }: CheckOptions,
  seen: () => ReturnType<typeof seenPulls>,
): string | undefined {
  const registry = azure && nodesCanPull.find((one) => isLoginServerOf(azure.loginServer, one));
  if (registry !== undefined) return `--nodes-can-pull says that nodes pull from ${registry} by an identity of their own`;
  const isOnNodes = pods.length > 0 && pods.every(({ pulled }) => pulled);
  const lacksLogin = anonymous?.verdict === "refused" || anonymous?.verdict === "out-of-scope";
  return azure && lacksLogin && !isOnNodes ? seen().get(ref.host) : undefined;
}

/** Returns the hosts from which nodes have pulled in the last hour for a pod without a login, and the pod. */
function seenPulls(pulls: readonly Pull[], now: Date): ReadonlyMap<string, string> {
  const isRecent = ({ pulledAt = "" }: Pull["pods"][number]) => Date.parse(pulledAt) > now.getTime() - hour;
  return new Map(
    pulls.flatMap(({ image, names, pods }) => {
      // A Secret in its list may have held a login when the pod pulled
      if (!("host" in image) || !azureHost(image.host) || names.length > 0) return [];
      const { host } = image;
      return pods.filter(isRecent).map(({ name }) => [host, `the node of pod/${name} pulled from ${host} without a pull secret`] as const);
    }),
  );
}

async function selectPulls(reader: PullReader, { images, serviceaccount, newNode }: CheckOptions): Promise<Pull[]> {
  if (images.length > 0) return pullsByAccount(reader.cluster, reader.namespace, serviceaccount, images);
  const pulls = pullsOf(await reader.read());
  return newNode ? pulls.map(onNewNode) : pulls;
}

/** Judges pods that have pulled their image as if they were created again. */
function onNewNode(pull: Pull): Pull {
  const { pods, sources } = pull;
  const hasPulled = pods.every(({ pulled }) => pulled);
  return {
    ...pull,
    pods: pods.map((pod) => ({ ...pod, pulled: false })),
    sources: hasPulled ? sources.map((source) => ({ ...source, isNew: true })) : sources,
  };
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
  const about =
    secret === undefined || images.length > 0
      ? []
      : verdicts.filter(({ cause }) => !["no-login", "by-node", "not-visible", "next-start"].includes(cause));
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

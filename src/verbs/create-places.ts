import { writeCopy } from "../credential/copies.ts";
import type { Hold } from "../credential/hold.ts";
import type { Work } from "../credential/issue.ts";
import { beyond } from "../credential/repository-scope.ts";
import { asCliError, Interrupted } from "../errors.ts";
import { type Command, flag } from "../hint.ts";
import type { Ref } from "../kinds.ts";
import type { Cluster } from "../kube/port.ts";
import type { Secret } from "../objects.ts";
import { isFailed, type Outcome } from "../outcome.ts";
import type { ImageRef, Login } from "../registry/port.ts";
import { covers } from "../registry/repository.ts";
import type { ClusterScope } from "../scope/cluster-scopes.ts";
import { memoize, runConcurrently } from "../scope/concurrency.ts";
import { type Selected, selectNamespaces, uidsOf } from "../scope/namespaces.ts";
import { isOpen, type Scope } from "../scope/scope.ts";
import { type Copies, type Credential, copiesOf, credentialOf } from "../secret/record.ts";
import { copying, StartAgain } from "../secret/source.ts";
import { attachTargets } from "../targets/attach.ts";
import type { RestartOptions } from "../targets/restart.ts";
import type { Tools } from "../tools.ts";
import { imagesFrom, imagesIn } from "../usage/images.ts";
import { type NamespaceReader, readersOf } from "../usage/namespace-reader.ts";
import { type NamespaceState, readNamespace } from "../usage/namespace-state.ts";
import { picksOf, type TargetOptions, templatesOf, wantsTargets } from "../usage/targets.ts";
import { usersOf } from "../usage/users.ts";
import { inLine, maxNames } from "../wording.ts";

/** A namespace of a run. */
export type CreatePlace = {
  readonly namespace: string;
  /** It gets a copy of the source. */
  readonly hasCopy: boolean;
  /** Its targets get the Secret. */
  readonly isTarget: boolean;
  read(): Promise<NamespaceState>;
};

export type Places = {
  /** The source. */
  readonly secret: Secret | undefined;
  /** The namespaces that have a copy after the run, with their uids. */
  readonly copies: Copies;
  /** What to say about the selection. */
  readonly note: Outcome | undefined;
  readonly namespaces: readonly string[];
  all(): AsyncIterable<CreatePlace>;
  /** The images of a registry that the target namespaces use; none if pods don't tell. */
  images(host: string | undefined): Promise<readonly ImageRef[]>;
};

type Order = {
  readonly source: Ref<"secret">;
  readonly copyTo: Scope | undefined;
  readonly targets: TargetOptions;
  readonly repositories: readonly string[];
  readonly fromPods: boolean;
  readonly podsTell: boolean;
  readonly restart: RestartOptions;
  readonly recreate: boolean;
  /** Azure generates passwords of this kind. */
  readonly isIssued: boolean;
  readonly again: Command;
  readonly wait: number;
};

/** Reads which namespaces a run writes: its own, or with copies those that the source records and those that the flags select. */
export async function placesOf(order: Order, tools: Tools): Promise<Places> {
  const { source, copyTo } = order;
  const { namespace = "" } = source;
  const cluster = tools.cluster();
  const reads = readsOf(order, tools);
  const own = copyTo ? undefined : await readNamespace({ cluster, namespace }, { ...reads, lenient: false });
  const secret = own ? own.secret : await cluster.get(source);
  const selected = copyTo ? await selectNamespaces(copyTo, cluster) : undefined;
  const { kept, copies } = await copiesAfter(secret, namespace, selected?.uids ?? new Map(), cluster);
  const targetScope = {
    cluster,
    namespaces: selected ? [...selected.uids.keys()] : [namespace],
    open: copyTo !== undefined && isOpen(copyTo),
  };
  const copyOnly = { secret: source.name, targets: { picks: [], whereUsed: false }, pods: "none", lenient: true } as const;

  async function* all(): AsyncGenerator<CreatePlace> {
    const place = (isTarget: boolean) => (reader: NamespaceReader) => ({
      namespace: reader.scope.namespace,
      hasCopy: Object.hasOwn(copies, reader.scope.namespace),
      isTarget,
      read: reader.read,
    });
    if (own) yield { namespace, hasCopy: false, isTarget: true, read: async () => own };
    else for await (const reader of readersOf(targetScope, { ...reads, lenient: true })) yield place(true)(reader);
    const rest: ClusterScope = { cluster, namespaces: kept, open: kept.length > 0 };
    for await (const reader of readersOf(rest, copyOnly)) yield place(false)(reader);
  }

  const images = new Map<string, Promise<readonly ImageRef[]>>();
  const readImages = async (host: string): Promise<readonly ImageRef[]> => {
    if (own) return imagesFrom([host], [...own.pods, ...templatesOf(own.targets)]);
    if (!order.podsTell || (order.repositories.length > 0 && !order.fromPods)) return [];
    return imagesIn(targetScope, { hosts: [host], picks: picksOf(order.targets) });
  };
  return {
    secret,
    copies,
    note: selected && noteOn(source, selected, kept),
    namespaces: [...targetScope.namespaces, ...kept],
    all,
    images: (host) => (host === undefined ? Promise.resolve([]) : memoize(images, host, () => readImages(host))),
  };
}

function noteOn(source: Ref, { uids, ending }: Selected, kept: readonly string[]): Outcome | undefined {
  const none = uids.size + ending.length === 0 ? ["no namespace matches"] : [];
  const skipped = ending.length > 0 ? [`skipped namespaces that are being deleted: ${inLine(ending)}`] : [];
  const keep = kept.length > 1 ? "keep their copies" : "keeps its copy";
  const messages = [...none, ...skipped, ...(kept.length > 0 ? [`${inLine(kept)} ${keep}, although not selected`] : [])];
  return messages.length > 0 ? { to: namespaceOf(source), messages, isInfo: true } : undefined;
}

/** Returns which recorded copies stay although not selected, and all copies that the source has after the run. */
async function copiesAfter(secret: Secret | undefined, own: string, selected: ReadonlyMap<string, string>, cluster: Cluster) {
  const recorded = credentialOf(secret) ? copiesOf(secret) : {};
  const others = Object.entries(recorded).filter(([name]) => !selected.has(name));
  const uids = await uidsOf(
    others.map(([name]) => name),
    cluster,
  );
  // A namespace that was deleted and created again was given nothing
  const kept = others.filter(([name, uid]) => uids.get(name) === uid);
  const copies: Copies = Object.fromEntries([...kept, ...selected].filter(([name]) => name !== own).sort());
  return { kept: kept.map(([name]) => name), copies };
}

/** What to read in the target namespaces: all pods if their images determine the repositories or prove the credential. */
function readsOf(order: Order, { sleep }: Tools) {
  const { source, targets, repositories, restart, podsTell, copyTo, wait } = order;
  const isAll = copyTo === undefined || repositories.length === 0 || targets.whereUsed || restart === "all";
  const waiting = wantsTargets(targets) ? "waiting" : "none";
  const pods = podsTell ? (isAll ? "all" : waiting) : "none";
  return { secret: source.name, targets, pods, wait: { milliseconds: wait, sleep } } as const;
}

/** The login that the copies get. `hold` claims the source if it is not claimed yet. */
export type Given = {
  readonly credential: Credential;
  readonly login: Login | undefined;
  /** This run has stored the login, so pods that failed with the old one recover by themselves. */
  readonly isRenewed: boolean;
  hold(): Promise<Hold>;
  /** The claimed source, if it is claimed. */
  held(): Hold | undefined;
  /** The run of the credential, if Azure generates it. */
  readonly work?: Work;
};

/**
 * Gives every namespace its copy, and its targets the Secret.
 * @returns the copies that could not be written
 * @throws Interrupted
 */
export async function* writePlaces(places: Places, given: Given, order: Order, tools: Tools): AsyncGenerator<Outcome, Ref[]> {
  const failed: Ref[] = [];
  const left = new Set(places.namespaces);
  for await (const outcome of runConcurrently(places.all(), tools, (place) => inPlace(place, given, order, tools))) {
    if (!outcome.left) left.delete(outcome.to.namespace ?? "");
    if (isFailed(outcome) && outcome.to.kind === order.source.kind) failed.push(outcome.to);
    yield outcome;
  }
  if (!tools.interrupted()) return failed;
  for (const namespace of left) yield { to: { ...order.source, namespace }, left: "interrupted" };
  throw new Interrupted();
}

/** Gives one namespace its copy, and then the targets there the Secret. A namespace that fails doesn't stop the others. */
async function* inPlace(place: CreatePlace, given: Given, order: Order, tools: Tools): AsyncGenerator<Outcome> {
  try {
    const state = await place.read();
    if (place.hasCopy) {
      const copied = await copyTo(state, given, order, tools);
      yield copied;
      if (isFailed(copied)) return;
    }
    if (place.isTarget) yield* attachIn(state, given, order, tools);
  } catch (error) {
    if (error instanceof StartAgain) throw error;
    if (error instanceof Interrupted) yield { to: namespaceOf(place), left: "interrupted" };
    else yield { to: namespaceOf(place), error: asCliError(error), endsPlace: place.namespace === order.source.namespace };
  }
}

async function copyTo({ scope: { namespace }, secret }: NamespaceState, given: Given, order: Order, tools: Tools): Promise<Outcome> {
  const { credential, login } = given;
  const to = { ...order.source, namespace };
  const known = { object: secret };
  const decision = copying(to, { source: order.source, credential, login, mayCreate: true })(secret);
  if (decision.act === "keep") return { to, result: "unchanged", because: decision.because, object: secret };
  if (decision.act === "refuse") return { to, error: decision.error };
  if (tools.interrupted()) return { to, left: "interrupted" };
  return writeCopy(await given.hold(), namespace, { mayCreate: true, known });
}

async function* attachIn(state: NamespaceState, given: Given, order: Order, tools: Tools): AsyncGenerator<Outcome> {
  const { host, repositories = ["*"] } = given.credential;
  const mayPull = (repository: string) => repositories.some((one) => covers(one, repository));
  const used = imagesFrom([host], state.pods);
  const reported = order.isIssued && order.repositories.length === 0 && given.credential.repositories ? beyond(repositories, used) : [];
  const targets = order.targets.whereUsed ? usersOf([host], state) : state.targets;
  const secret = { ...order.source, namespace: state.scope.namespace };
  const { restart, recreate } = order;
  const recreateOptions = { recreate, force: false };
  yield* attachTargets(
    { secret, targets, pods: state.pods, hosts: [host], restart, recreateOptions, mayPull, renewed: given.isRenewed, reported },
    tools,
  );
  if (reported.length === 0) return;
  const words = [...order.again.words, ...flag("repository", reported.slice(0, maxNames))];
  const fix = { ...order.again, namespace: order.source.namespace, words };
  yield { to: secret, messages: [`pods use ${inLine(reported)}, which secret/${secret.name} cannot pull`], fix };
}

const namespaceOf = ({ namespace = "" }: { readonly namespace?: string | undefined }): Ref => ({
  kind: "namespace",
  name: namespace,
  namespace,
});

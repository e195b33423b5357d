import { lackingIn } from "../credential/repository-scope.ts";
import type { Entry } from "../file/entry.ts";
import { keyOf, type Ref } from "../kinds.ts";
import type { Cluster } from "../kube/port.ts";
import type { Secret } from "../objects.ts";
import { isLoginServerOf } from "../registry/login-server.ts";
import { covers } from "../registry/repository.ts";
import { memoize } from "../scope/concurrency.ts";
import { loginOf, sameLogin } from "../secret/login.ts";
import { type Copies, type Credential, copiesOf, credentialOf, sourceOf } from "../secret/record.ts";
import { isCopyOf } from "../secret/source.ts";
import { chosenTargets, type TargetOptions, targetOf } from "../usage/targets.ts";

// What the namespaces of a run of `apply` still need of a login, before the run narrows, replaces or ends it.

/** What a run takes away: repositories of a login, in the namespaces that hold it. */
export type Loss = {
  readonly source: Ref<"secret">;
  readonly repositories: readonly string[];
  /** The only namespace that loses them. Absent: all that have the source or a copy. */
  readonly at?: string | undefined;
  /** The entry that is written instead, in one namespace (`byIn`) or in all of them. It does not need what it replaces there. */
  readonly by?: Progress;
  readonly byIn?: string | undefined;
  /** Whether a Secret holds the login. Absent: the source and each of its copies do. */
  holds?(secret: Secret): boolean;
  /** Whether the source shows that an entry with its place was not written: the read before may have been old. Absent in a dry run. */
  isUnwritten?: ((secret: Secret) => boolean) | undefined;
};

/** An entry of a file, and how far the run is with it. */
export type Progress = {
  readonly entry: Pick<Entry, "name" | "registry" | "repositories">;
  /** Its ServiceAccounts in each namespace. */
  readonly targets: TargetOptions;
  /** The source of its copies, or its account, could not be written. */
  hasFailed: boolean;
  /** The namespaces in which something could not be written. */
  readonly failedIn: Set<string>;
  /** The namespaces whose Secret was written, and listed by its ServiceAccounts. */
  readonly writtenIn: Set<string>;
  /** The namespaces that it selects now: labels may have changed since the run has begun. */
  namespaces(): Promise<ReadonlySet<string>>;
};

/** A namespace that needs what is lost, because of an entry. */
export type UnmetNeed = { readonly by: Progress; readonly namespace: string };

function stateIn({ hasFailed, failedIn, writtenIn }: Progress, namespace: string) {
  if (hasFailed || failedIn.has(namespace)) return "failed";
  return writtenIn.has(namespace) ? "written" : "waiting";
}

/** Returns the entries, except the one that is written instead, that name what is lost. */
export const othersNaming = ({ by, byIn, repositories }: Loss, wanted: Iterable<Progress>): readonly Progress[] =>
  [...wanted].filter((one) => (one !== by || byIn !== undefined) && overlap(one.entry.repositories, repositories));

/**
 * Yields for each entry a namespace that needs what is lost: the entry names it, and its Secret is not written there. If it did not fail, the
 * Secret that is there may pull the same by another login.
 * @throws CliError if a namespace or Secret can't be read
 */
export async function* needsOf(loss: Loss, wanted: Iterable<Progress>, cluster: Cluster): AsyncGenerator<UnmetNeed> {
  const { at, by, byIn } = loss;
  const isHeldIn = holderTest(loss, cluster);
  async function needs(one: Progress, namespace: string): Promise<boolean> {
    const state = one === by && namespace === byIn ? "written" : stateIn(one, namespace);
    if (state === "written") return isUnwritten(loss, one, namespace, cluster);
    if (!(await isHeldIn(namespace))) return false;
    return state === "failed" || !(await pullsBesides(loss, one, namespace, cluster));
  }
  for (const one of othersNaming(loss, wanted)) {
    const selected = await one.namespaces();
    const namespace = await firstOf(at === undefined ? selected : selected.has(at) ? [at] : [], (name) => needs(one, name));
    if (namespace !== undefined) yield { by: one, namespace };
  }
}

async function isUnwritten(
  { source, isUnwritten: isOld }: Loss,
  { entry }: Progress,
  namespace: string,
  cluster: Cluster,
): Promise<boolean> {
  if (!isOld || entry.name !== source.name || namespace !== source.namespace) return false;
  const secret = await cluster.get(source);
  return secret !== undefined && isOld(secret);
}

async function firstOf(names: Iterable<string>, isIt: (name: string) => Promise<boolean>): Promise<string | undefined> {
  for (const name of names) if (await isIt(name)) return name;
  return undefined;
}

/** Returns whether a namespace has the login that is lost. A source may not list all its copies: it may be new. */
function holderTest({ source, at, holds }: Loss, cluster: Cluster): (namespace: string) => Promise<boolean> {
  const listing = new Map<string, Promise<Copies>>();
  const list = async () => copiesOf(await cluster.get(source));
  return async (namespace) => {
    if (namespace === (at ?? source.namespace)) return true;
    if (!holds && Object.hasOwn(await memoize(listing, "", list), namespace)) return true;
    const copy = await cluster.get({ ...source, namespace });
    return copy !== undefined && isCopyOf(copy, source) && holds?.(copy) !== false;
  };
}

/** Whether the Secret of an entry in a namespace has another login. It must give the same pods what the entry needs of the lost one. */
async function pullsBesides(
  { source: lost, repositories, holds }: Loss,
  { entry, targets }: Progress,
  namespace: string,
  cluster: Cluster,
): Promise<boolean> {
  const to = { ...lost, name: entry.name, namespace };
  const secret = await cluster.get(to);
  const { source, record, login } = await recordBehind(to, secret, cluster);
  if (!secret || !record || !login || !sameLogin(loginOf(secret, record.host), login)) return false;
  const isLost = keyOf(source) === keyOf(lost) && holds?.(secret) !== false;
  const needed = entry.repositories.filter((one) => overlap([one], repositories));
  const isWanted = isLoginServerOf(record.host, entry.registry) && lackingIn(record.repositories ?? [], needed).length === 0;
  if (isLost || !isWanted) return false;
  const choice = { secret: entry.name, targets, lenient: true, mayLack: true };
  const lists = (await chosenTargets({ cluster, namespace }, choice, undefined)).map((target) => targetOf(target).names);
  return lists.every((names) => !names.includes(lost.name) || names.includes(entry.name));
}

/** Whether a repository of one list is, or is below, one of the other list. */
export const overlap = (some: readonly string[], others: readonly string[]): boolean =>
  some.some((one) => others.some((other) => one === other || covers(one, other) || covers(other, one)));

/** Returns the source of a Secret, which may be the Secret itself, with its record and login. */
export async function recordBehind(to: Ref<"secret">, secret: Secret | undefined, cluster: Cluster) {
  const copied = secret && sourceOf(secret);
  const source = copied ? ({ kind: "secret", name: copied.name, namespace: copied.namespace } as const) : to;
  const behind = copied ? await cluster.get(source) : secret;
  const record: Credential | undefined = credentialOf(behind);
  return { source, record, login: record && loginOf(behind, record.host) };
}

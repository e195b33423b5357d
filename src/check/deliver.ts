import type { Create, Fix, Workload } from "../fix.ts";
import { nameOf } from "../kinds.ts";
import type { ImageFacts, PodFacts } from "./facts.ts";
import { listed } from "./message.ts";

/** What mends a failure: the command, and in words what it needs or does not mend. */
export type Advice = { readonly fix?: Fix | undefined; readonly because?: string | undefined };

/** A Secret that pods are to get: its name, and how it is made where it does not exist yet. `stays`: no Job is made anew for it. */
export type Delivery = { readonly secret: string; readonly make?: Create | undefined; readonly stays?: "job" };

/**
 * Lets the pods of an image have a Secret. Pods whose names are copied get it by their ServiceAccount, and those that name their
 * own by the template they come from; what nothing makes anew, the command does.
 */
export function deliver(facts: ImageFacts, { secret, make, stays }: Delivery): Advice {
  const { namespace, account, pods } = facts;
  const { own, copied } = concerned(facts);
  const accounts = pods.length === 0 || copied.length > 0 ? [account] : [];
  const byHand = [...own, ...copied].filter((pod) => isByHand(pod, facts) || (stays === "job" && isOfJob(pod)));
  const fixed = unremade([...own, ...copied].filter((pod) => !byHand.includes(pod)));
  const targets = { serviceaccounts: accounts, targets: [...templatesOf(own).map(nameOf), ...fixed], recreate: fixed.length > 0 };
  const attach = { verb: "attach", secret } as const;
  const step = make ?? (accounts.length + targets.targets.length > 0 ? attach : undefined);
  return { fix: step && { ...step, ...targets, namespace }, because: joined([ownWords(own, account), handWords(byHand)]) };
}

/** Lets pods that are older than a Secret of their ServiceAccount be made anew. @param secret absent where what is no controller's has got one */
export function remake(facts: ImageFacts, secret: string | undefined): Advice {
  const { namespace } = facts;
  const { copied } = concerned(facts);
  const gone = copied.filter(({ owner }) => owner?.remakes);
  const byHand = copied.filter((pod) => isByHand(pod, facts));
  const fixed = unremade(copied.filter((pod) => !byHand.includes(pod)));
  const anew: Fix[] =
    secret !== undefined && fixed.length > 0 ? [{ verb: "attach", secret, targets: fixed, recreate: true, namespace }] : [];
  return { fix: inOrder([...deletion(gone, namespace), ...anew]), because: handWords(byHand) };
}

/** The pods that a failure is about: those whose node has not got the image, if there are any. */
export function concerned({ pods }: ImageFacts): { own: PodFacts[]; copied: PodFacts[]; all: readonly PodFacts[] } {
  const waiting = pods.filter(({ pulled }) => !pulled);
  const all = waiting.length > 0 ? waiting : pods;
  return { own: all.filter(({ own }) => own), copied: all.filter(({ own }) => !own), all };
}

/** Some commands as one: nothing, the only one, or all of them in order. */
export function inOrder(steps: readonly Fix[]): Fix | undefined {
  const flat = steps.flatMap((step) => (step.do === "steps" ? step.steps : [step]));
  return flat.length > 1 ? { do: "steps", steps: flat } : flat[0];
}

export const joined = (parts: readonly (string | undefined)[]): string | undefined =>
  parts.filter((part) => part !== undefined).join("; ") || undefined;

/** What pods come from, each once. */
export const templatesOf = (pods: readonly PodFacts[]): Workload[] => once(pods.flatMap(({ owner }) => owner?.template ?? []));

function once(workloads: readonly Workload[]): Workload[] {
  return [...new Map(workloads.map(({ kind, name }) => [nameOf({ kind, name }), { kind, name }])).values()];
}

/** Pods that stay as they are when their template changes: a StatefulSet waits for a pod that never becomes ready, a ReplicaSet for none. */
export const stayed = (pods: readonly PodFacts[]): PodFacts[] =>
  pods.filter(({ owner }) => owner?.template && owner.template.kind !== "deployment");

export function deletion(pods: readonly PodFacts[], namespace: string): Fix[] {
  return pods.length === 0 ? [] : [{ kubectl: "delete pod", args: pods.map(({ name }) => name), namespace }];
}

const isOfJob = ({ owner }: PodFacts): boolean => owner?.kind === "job";

/**
 * A pod that only its controller can make anew, and which no command of ours has it do. Pods of a Job whose template names nothing copy
 * all names of their ServiceAccount, which they would lose with a list of their own.
 */
function isByHand(pod: PodFacts, { names }: Pick<ImageFacts, "names">): boolean {
  if (!pod.owner || pod.owner.remakes) return false;
  return !isOfJob(pod) || (!pod.own && names.length > 0);
}

/** What has pods that nobody makes anew, and is a target itself: a pod without a controller, or a Job. */
const unremade = (pods: readonly PodFacts[]): string[] => [
  ...new Set(pods.flatMap(({ name, owner }) => (owner ? (owner.kind === "job" ? [nameOf(owner)] : []) : [`pod/${name}`]))),
];

function ownWords(own: readonly PodFacts[], account: string): string | undefined {
  const templates = templatesOf(own).map(nameOf);
  if (templates.length === 0) return undefined;
  const do_ = templates.length > 1 ? "name their pull secrets themselves" : "names its pull secrets itself";
  return `${listed(templates)} ${do_}, so serviceaccount/${account} does not help`;
}

/** What no command of ours mends. */
function handWords(counted: readonly PodFacts[]): string | undefined {
  if (counted.length === 0) return undefined;
  const owners = listed(once(counted.flatMap(({ owner }) => owner ?? [])).map(nameOf));
  return `${podsOf(counted)} has to be made again by ${owners}, which may count a deletion as a failure`;
}

const podsOf = (pods: readonly PodFacts[]) => listed(pods.map(({ name }) => `pod/${name}`));

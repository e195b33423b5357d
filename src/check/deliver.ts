import type { Create, Fix, Workload } from "../fix.ts";
import { nameOf } from "../kinds.ts";
import type { ImageFacts, PodFacts } from "./facts.ts";
import { listed } from "./names.ts";

/** What mends a failure: the command, and in words what it needs or does not mend. */
export type Advice = { readonly fix?: Fix | undefined; readonly because?: string | undefined };

/** A Secret that pods are to get: its name, and how it is made where it does not exist yet. */
export type Delivery = { readonly secret: string; readonly make?: Create | undefined };

/**
 * Lets the pods of an image have a Secret. Pods whose names are copied get it by their ServiceAccount, and those that name their
 * own by the template they come from; of the others it is only told what has to be done.
 */
export function deliver(facts: ImageFacts, { secret, make }: Delivery): Advice {
  const { namespace, account, pods } = facts;
  const { own, copied } = concerned(facts);
  const byAccount = pods.length === 0 || copied.length > 0;
  const first = byAccount ? attached(make, secret, account) : make;
  const references = templatesOf(own).map((workload): Fix => ({ do: "reference", workload, secret, namespace }));
  const steps = [
    ...(first ? [{ ...first, namespace }] : []),
    ...references,
    ...deletion(stayed(own), namespace),
    ...replacements(facts, copied),
  ];
  return { fix: inOrder(steps), because: joined([ownWords(own, account), handWords(facts, own, copied, secret)]) };
}

/** Lets pods that are older than a Secret of their ServiceAccount be made anew. */
export function remake(facts: ImageFacts): Advice {
  const { copied } = concerned(facts);
  const gone = copied.filter(({ owner }) => owner?.remakes);
  return {
    fix: inOrder([...deletion(gone, facts.namespace), ...replacements(facts, copied)]),
    because: handWords(facts, [], copied, ""),
  };
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

function attached(make: Create | undefined, secret: string, account: string) {
  return make ? { ...make, serviceaccounts: [account] } : ({ do: "attach", secret, serviceaccounts: [account] } as const);
}

/** Pods that stay as they are when their template changes: a StatefulSet waits for a pod that never becomes ready, a ReplicaSet for none. */
export const stayed = (pods: readonly PodFacts[]): PodFacts[] =>
  pods.filter(({ owner }) => owner?.template && owner.template.kind !== "deployment");

export function deletion(pods: readonly PodFacts[], namespace: string): Fix[] {
  return pods.length === 0 ? [] : [{ do: "delete-pods", pods: pods.map(({ name }) => name), namespace }];
}

/** A pod without a controller that names nothing itself gets the names when it is made again just as it is. */
function replacements({ names, namespace }: ImageFacts, copied: readonly PodFacts[]): Fix[] {
  return names.length > 0 ? [] : copied.filter(({ owner }) => !owner).map(({ name }): Fix => ({ do: "replace-pod", pod: name, namespace }));
}

function ownWords(own: readonly PodFacts[], account: string): string | undefined {
  const templates = templatesOf(own).map(nameOf);
  if (templates.length === 0) return undefined;
  const do_ = templates.length > 1 ? "name their pull secrets themselves" : "names its pull secrets itself";
  return `${listed(templates)} ${do_}, so serviceaccount/${account} does not help`;
}

/** What no command of ours mends. */
function handWords({ names }: ImageFacts, own: readonly PodFacts[], copied: readonly PodFacts[], secret: string): string | undefined {
  const fixed = own.filter(({ owner }) => !owner?.template);
  const bare = names.length > 0 ? copied.filter(({ owner }) => !owner) : [];
  const counted = copied.filter(({ owner }) => owner && !owner.remakes);
  const with_ = secret === "" ? "" : ` with secret ${secret}`;
  return joined([
    fixed.length > 0 || bare.length > 0
      ? `the imagePullSecrets of ${podsOf([...fixed, ...bare])} cannot be changed: create ${fixed.length + bare.length > 1 ? "them" : "it"} again${with_}`
      : undefined,
    counted.length > 0
      ? `${podsOf(counted)} has to be made again by ${listed(once(counted.flatMap(({ owner }) => owner ?? [])).map(nameOf))}, which may count a deletion as a failure`
      : undefined,
  ]);
}

const podsOf = (pods: readonly PodFacts[]) => listed(pods.map(({ name }) => `pod/${name}`));

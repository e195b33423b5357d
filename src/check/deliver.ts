import type { Create, Fix, Workload } from "../fix.ts";
import { joinNames, nameOf } from "../kinds.ts";
import type { ImageFacts, PodFacts } from "./facts.ts";

/** The fix for a failure: the command, and notes on what it requires or does not fix. */
export type Advice = { readonly fix?: Fix | undefined; readonly notes?: readonly string[] };

/**
 * Returns the command that gives the pods of an image a Secret. Pods with a copied list get it by their ServiceAccount, and pods with their
 * own list by their template. The command recreates pods that no controller recreates.
 * @param delivery the Secret, and how it is created if it does not exist yet
 */
export function deliver(facts: ImageFacts, { secret, make }: { readonly secret: string; readonly make?: Create | undefined }): Advice {
  const { namespace, account } = facts;
  const { own, copied } = concerned(facts);
  const accounts = usesAccount(facts) ? [account] : [];
  const owners = unique([...workloadsOf(own), ...ownTemplates(facts)]);
  const byHand = [...own, ...copied].filter((pod) => isByHand(pod));
  const recreated = withoutController([...own, ...copied].filter((pod) => !byHand.includes(pod)));
  // `attach` accepts no PodTemplate, and the template of a Job can't be changed
  const names = [...new Set([...owners.filter(({ kind }) => kind !== "podtemplate" && kind !== "job").map(nameOf), ...recreated])];
  const recreate = recreated.length > 0;
  const targets = { serviceaccounts: accounts, targets: names, recreate };
  const attach = { verb: "attach", secret } as const;
  const step = make ?? (accounts.length + targets.targets.length > 0 ? attach : undefined);
  return {
    fix: step && { ...step, ...targets, namespace },
    notes: [...ownListNotes(owners, account), ...jobNotes(owners, secret), ...byHandNotes(byHand)],
  };
}

/**
 * Returns the commands that recreate pods that are older than a Secret of their ServiceAccount. @param secret absent if another command
 * attaches it
 */
export function recreatePods(facts: ImageFacts, secret: string | undefined): Advice {
  const { namespace } = facts;
  const { copied } = concerned(facts);
  const deleted = copied.filter(({ owner }) => owner?.remakes);
  const byHand = copied.filter(isByHand);
  const recreated = withoutController(copied.filter((pod) => !byHand.includes(pod)));
  const rollouts: Fix[] =
    secret !== undefined && recreated.length > 0 ? [{ verb: "attach", secret, targets: recreated, recreate: true, namespace }] : [];
  return { fix: inOrder([...podDeletion(deleted, namespace), ...rollouts]), notes: byHandNotes(byHand) };
}

/** Returns the pods of a failure: those whose node does not have the image, if there are any. */
export function concerned({ pods }: ImageFacts): { own: PodFacts[]; copied: PodFacts[]; all: readonly PodFacts[] } {
  const waiting = pods.filter(({ pulled }) => !pulled);
  const all = waiting.length > 0 ? waiting : pods;
  return { own: all.filter(({ own }) => own), copied: all.filter(({ own }) => !own), all };
}

/** Whether the list of the ServiceAccount counts: the command line names the image, or a pod or a template has no list of its own. */
export const usesAccount = (facts: ImageFacts): boolean =>
  facts.owners.length === 0 || concerned(facts).copied.length > 0 || facts.templates.some(({ own }) => !own);

/** Returns the templates with their own list. */
export const ownTemplates = ({ templates }: ImageFacts): Workload[] => templates.filter(({ own }) => own);

/** Combines commands into one: none, the only one, or all of them in order. */
export function inOrder(steps: readonly Fix[]): Fix | undefined {
  const flat = steps.flatMap((step) => (step.do === "steps" ? step.steps : [step]));
  return flat.length > 1 ? { do: "steps", steps: flat } : flat[0];
}

/** The workloads of pods, without duplicates. */
export const workloadsOf = (pods: readonly PodFacts[]): Workload[] => unique(pods.flatMap(({ owner }) => owner?.template ?? []));

/** Returns the distinct workloads, without other fields. */
export function unique(workloads: readonly Workload[]): Workload[] {
  return [...new Map(workloads.map(({ kind, name }) => [nameOf({ kind, name }), { kind, name }])).values()];
}

/**
 * Returns the pods that a change of their template doesn't replace. A StatefulSet waits for a pod that never becomes ready. A ReplicaSet
 * replaces no pods.
 */
export const unreplaced = (pods: readonly PodFacts[]): PodFacts[] =>
  pods.filter(({ owner }) => owner?.template && owner.template.kind !== "deployment");

export function podDeletion(pods: readonly PodFacts[], namespace: string): Fix[] {
  return pods.length === 0 ? [] : [{ kubectl: "delete pod", args: pods.map(({ name }) => name), namespace }];
}

/** Whether only the controller can recreate a pod, and no command makes it do so. */
const isByHand = ({ owner }: PodFacts): boolean => owner !== undefined && !owner.remakes;

/** The pods without a controller. */
const withoutController = (pods: readonly PodFacts[]): string[] => pods.flatMap(({ name, owner }) => (owner ? [] : [`pod/${name}`]));

function ownListNotes(owners: readonly Workload[], account: string): string[] {
  const templates = owners.map(nameOf);
  if (templates.length === 0) return [];
  const reason = templates.length > 1 ? "have their own pull secrets, so they ignore" : "has its own pull secrets, so it ignores";
  return [`${joinNames(templates)} ${reason} those of serviceaccount/${account}`];
}

function jobNotes(owners: readonly Workload[], secret: string): string[] {
  const jobs = owners.filter(({ kind }) => kind === "job").map(nameOf);
  return jobs.length === 0
    ? []
    : [`imagePullSecrets of a Job cannot be changed: delete ${joinNames(jobs)} and create it with ${secret} in its list`];
}

function byHandNotes(pods: readonly PodFacts[]): string[] {
  if (pods.length === 0) return [];
  const owners = joinNames(unique(pods.flatMap(({ owner }) => owner ?? [])).map(nameOf));
  return [`only ${owners} can recreate ${joinNames(pods.map(({ name }) => `pod/${name}`))}, and may count a deletion as a failure`];
}

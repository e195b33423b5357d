import { randomBytes } from "node:crypto";
import { asRefusal, CliError, isLost, isNotFound, permissionHint, unlessForbidden } from "../errors.ts";
import { type Cluster, listAll } from "../kube/port.ts";
import { type LabelSelector, type Metadata, type Mutation, managedBy, type PodSpec } from "../objects.ts";
import { memoize, once } from "../scope/concurrency.ts";
import { limits } from "../scope/limits.ts";
import { pullSecretNames } from "./pods.ts";

export type NewPod = { readonly metadata?: Partial<Metadata> | null; readonly spec: PodSpec };

/** What a new pod pulls. Or why that is unknown. `note`: it probably pulls what its template says. */
type Admitted =
  | { readonly names: readonly string[]; readonly spec: PodSpec }
  | { readonly unknown: string }
  | { readonly note: string | undefined };

export type Admit = ReturnType<typeof openAdmission>;

/**
 * Asks the API server what its policies and webhooks make of new pods, by a dry run that creates none. If you may not create pods, looks
 * for the policies and webhooks that may change them. Looks for these first if the template doesn't seem to fail.
 */
export function openAdmission(cluster: Cluster): (namespace: string, pod: NewPod, fails: boolean) => Promise<Admitted> {
  const denied = new Set<string>();
  const labels = new Map<string, Promise<Metadata["labels"]>>();
  const mutations = once(() =>
    Promise.all([
      listAll(cluster, "mutatingwebhookconfiguration.admissionregistration.k8s.io")
        .then((all) =>
          all.flatMap(({ kind, metadata: { name }, webhooks = [] }) => webhooks.map((of) => ({ name: `${kind} ${name}`, of }))),
        )
        .catch(unlessForbidden(undefined)),
      listAll(cluster, "mutatingadmissionpolicy.admissionregistration.k8s.io")
        .then((all) => all.map(({ kind, metadata: { name }, spec }) => ({ name: `${kind} ${name}`, of: spec.matchConstraints ?? {} })))
        // A server before v1.36 has no such kind
        .catch((error: unknown) => (isNotFound(error) ? [] : unlessForbidden(undefined)(error))),
    ]),
  );

  async function withoutRight(namespace: string, { metadata }: NewPod, fails: boolean): Promise<Admitted> {
    const lists = await mutations();
    const covering = lists
      .flatMap((list) => list ?? [])
      .filter(({ of }) => coversPods(of) && selects(of.objectSelector, metadata?.labels ?? {}));
    const readLabels = async () => {
      const found = await cluster.get({ kind: "namespace", name: namespace }).catch(unlessForbidden(undefined));
      return found && { ...found.metadata.labels };
    };
    const ofNamespace = covering.length > 0 ? await memoize(labels, namespace, readLabels) : undefined;
    const found = covering.find(({ of }) => selects(of.namespaceSelector, ofNamespace));
    if (found) return { unknown: `${found.name} may change new pods, and without the right to create pods, check cannot ask how` };
    const unlisted = "admission may add a pull secret: you can neither create pods nor list mutating webhooks and policies";
    // KEP-5793, on since v1.37: no list has the webhooks and policies that files of the API server define
    const hidden = "files of the API server can define admission that adds a pull secret: check sees it only with the right to create pods";
    return { note: lists.includes(undefined) ? unlisted : fails ? hidden : undefined };
  }

  const running = new Set<Promise<unknown>>();
  const answers = new WeakMap<NewPod, Promise<Admitted>>();

  async function ask(namespace: string, pod: NewPod, fails: boolean): Promise<Admitted> {
    while (running.size >= limits.cluster) await Promise.race(running);
    if (denied.has(namespace)) return withoutRight(namespace, pod, fails);
    const name = `acr-secret-check-${randomBytes(8).toString("hex")}`;
    const create = { apiVersion: "v1", kind: "Pod", ...pod, metadata: { ...pod.metadata, name, namespace } };
    const write = { dryRun: true, fieldManager: managedBy.value, isQuestion: true } as const;
    const asking = cluster.write({ kind: "pod", namespace, name }, { create }, write).catch(asRefusal);
    running.add(asking);
    const answer = await asking.finally(() => running.delete(asking));
    if (!(answer instanceof CliError)) return { names: pullSecretNames(answer), spec: answer.spec };
    if (isLost(answer)) return { unknown: reasonOf(answer) };
    if (permissionHint(answer) === undefined) return rejected(answer);
    denied.add(namespace);
    return withoutRight(namespace, pod, fails);
  }

  // A template may have several images
  function askOnce(namespace: string, pod: NewPod, fails: boolean): Promise<Admitted> {
    const answer = answers.get(pod) ?? ask(namespace, pod, fails);
    answers.set(pod, answer);
    return answer;
  }

  return async (namespace, pod, fails) => {
    const guess = fails && !denied.has(namespace) ? undefined : await withoutRight(namespace, pod, fails);
    return guess && (denied.has(namespace) || isUnchanged(guess)) ? guess : askOnce(namespace, pod, fails);
  };
}

/** Whether no policy or webhook changes the pod. */
export const isUnchanged = (answer: Admitted): boolean => "note" in answer && answer.note === undefined;

/** A webhook with side effects can't be asked. Any other rejection would also meet a real pod. */
function rejected(error: CliError): Admitted {
  const reason = reasonOf(error);
  return / does not support dry run/.test(reason) ? { unknown: reason } : { note: `the API server rejects new pods: ${reason}` };
}

const reasonOf = ({ message }: CliError): string => message.replace(/^Error from server \([^)]*\): /, "").replace(/\s*\n\s*/g, " ");

/** Whether the rules of a webhook or of a policy apply to the creation of pods. */
const coversPods = ({ rules = [], resourceRules = [] }: Mutation): boolean =>
  [...rules, ...resourceRules].some(({ apiGroups = [], operations = [], resources = [] }) => {
    const isFor = (some: readonly string[], wanted: string) => some.includes("*") || some.includes(wanted);
    return isFor(apiGroups, "") && isFor(operations, "CREATE") && (isFor(resources, "pods") || resources.includes("*/*"));
  });

/** Whether a selector matches labels. Unknown labels may match. */
function selects({ matchLabels = {}, matchExpressions = [] }: LabelSelector = {}, labels: Metadata["labels"]): boolean {
  if (!labels) return true;
  const isMet: Readonly<Record<string, (value: string | undefined, values: readonly string[]) => boolean>> = {
    In: (value = "", values) => values.includes(value),
    NotIn: (value, values) => value === undefined || !values.includes(value),
    Exists: (value) => value !== undefined,
    DoesNotExist: (value) => value === undefined,
  };
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => isMet[operator]?.(labels[key], values) ?? true)
  );
}

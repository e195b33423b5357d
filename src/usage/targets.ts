import { absent, CliError } from "../errors.ts";
import { kubectl } from "../hint.ts";
import { argumentKind, kinds, lastingKinds, resourceOf, type TargetKind, targetKindOf } from "../kinds.ts";
import type { Where } from "../kube/port.ts";
import type { KubeObject, KubeObjects, PodSpec, ServiceAccount } from "../objects.ts";
import type { NamespaceScope } from "../scope/cluster-scopes.ts";
import { awaitAll } from "../scope/concurrency.ts";
import { listCapped } from "../scope/pages-by-namespace.ts";
import { matchesGlob } from "../scope/scope.ts";
import { creationOf, namespaceNotFound, uidOf } from "./namespace.ts";
import { podSpecOf, readTarget, type Target } from "./references.ts";

/** Targets of one kind, by name, by pattern or by labels. */
export type TargetPick = {
  readonly kind: TargetKind;
  readonly names: readonly string[];
  readonly globs: readonly string[];
  /** Requires the pattern `*`. */
  readonly selector: string | undefined;
};

export type TargetOptions = {
  readonly picks: readonly TargetPick[];
  /** Selects every target with images of the Secret's registry. */
  readonly whereUsed: boolean;
};

export type TargetObject = KubeObjects[TargetKind];

export const wantsTargets = ({ picks, whereUsed }: TargetOptions): boolean => picks.length > 0 || whereUsed;

/** Selects every kind with a list of pull secrets, except pods, which are read anyway. */
export const everything = lastingKinds.map((kind): TargetPick => ({ kind, names: [], globs: ["*"], selector: undefined }));

export const picksOf = ({ picks, whereUsed }: TargetOptions): readonly TargetPick[] => (whereUsed ? everything : picks);

export const kindOf = ({ kind }: TargetObject): TargetKind => targetKindOf(kind) as TargetKind;

/** Returns the list of pull secrets of an object, and what a change of it causes. */
export const targetOf = (object: TargetObject): Target => readTarget(kindOf(object), object as never);

export const specOf = (object: TargetObject): PodSpec | undefined => podSpecOf(kindOf(object), object);

export const accountsIn = (objects: readonly TargetObject[]): ReadonlyMap<string, ServiceAccount> =>
  new Map(objects.flatMap((object) => (object.kind === "ServiceAccount" ? [[object.metadata.name, object]] : [])));

/** Returns the pod specs of targets, including targets that have no pods at the moment. */
export const templatesOf = (objects: readonly TargetObject[]): { readonly spec: PodSpec }[] =>
  objects.flatMap((object) => specOf(object) ?? []).map((spec) => ({ spec }));

/** How long to wait for the default ServiceAccount of a new namespace, in milliseconds, and how to sleep. */
type WaitOptions = { readonly milliseconds: number; sleep(milliseconds: number): Promise<void> };

export type ChoiceOptions = {
  readonly secret: string;
  readonly targets: TargetOptions;
  readonly wait?: WaitOptions | undefined;
  /** A pattern may match nothing here, because it may match in another namespace. */
  readonly lenient: boolean;
  /** A target that is named may be absent. */
  readonly mayLack?: boolean | undefined;
  /** Reads only the first targets of a pattern, and the first pods: their namespace may belong to a tenant. */
  readonly isCapped?: boolean | undefined;
};

/**
 * Returns the distinct objects that were picked in one namespace, in the order of the picks.
 * @param cut gets the namespace if it has more of them
 * @throws CliError notFound
 */
export async function chosenTargets(scope: NamespaceScope, options: ChoiceOptions, cut: Set<string> | undefined): Promise<TargetObject[]> {
  const picks = picksOf(options.targets);
  const found = await awaitAll(picks.map((pick) => chosenBy(pick, scope, options.wait, cut)));
  const missing = options.mayLack ? undefined : firstMissing(picks, found, options);
  if (missing) throw await missingError(missing, options.secret, scope);
  return uniqueObjects(found.flat());
}

export const uniqueObjects = (objects: readonly TargetObject[]): TargetObject[] => [
  ...new Map(objects.map((object) => [`${object.kind}/${object.metadata.name}`, object])).values(),
];

async function chosenBy(
  pick: TargetPick,
  scope: NamespaceScope,
  wait: WaitOptions | undefined,
  cut: Set<string> | undefined,
): Promise<TargetObject[]> {
  const { cluster, namespace } = scope;
  const { kind, names, globs, selector } = pick;
  if (globs.length > 0) return listCapped(picked(pick, cluster.pages<TargetKind>(kind, { namespace, labels: selector })), cut);
  const read = async (name: string): Promise<TargetObject | undefined> => {
    const found = await cluster.get({ kind, name, namespace });
    return found ?? (wait && kind === defaultAccount.kind && name === defaultAccount.name ? waitForDefaultAccount(scope, wait) : undefined);
  };
  return (await awaitAll(names.map(read))).filter((object) => object !== undefined);
}

/** The ServiceAccount that the controller manager creates in every namespace, shortly after the namespace was created. */
const defaultAccount = { kind: "serviceaccount", name: "default" } as const;

/** Milliseconds between two reads. */
const interval = 200;

/** Milliseconds after which a namespace is not new. A tenant can keep the ServiceAccount away, by a quota. */
const youth = 60_000;

async function waitForDefaultAccount(
  { cluster, namespace }: NamespaceScope,
  { milliseconds, sleep }: WaitOptions,
): Promise<TargetObject | undefined> {
  const own = await cluster.get({ kind: "namespace", name: namespace }).catch(() => "forbidden" as const);
  if (!own || (own !== "forbidden" && !isNew(own, cluster.now()))) return undefined;
  for (let waited = 0; waited < milliseconds; waited += interval) {
    await sleep(interval);
    const found = await cluster.get({ ...defaultAccount, namespace });
    if (found) return found;
  }
  return undefined;
}

const isNew = ({ metadata: { creationTimestamp } }: KubeObject, now: number): boolean =>
  !creationTimestamp || now - Date.parse(creationTimestamp) < youth;

/** Returns the filter for the list of a pick's objects: the server selects a single name, {@link among} several. */
export function filterOf({ names: [name, ...others], globs, selector: labels }: TargetPick): Pick<Where, "labels" | "fields"> {
  return globs.length === 0 && others.length === 0 ? { fields: `metadata.name=${name}` } : { labels };
}

/**
 * Returns the objects of a list that a pick selects. A pattern doesn't select objects that have ended, or that a controller creates from
 * its own template.
 */
export function among<O extends TargetObject>({ names, globs }: TargetPick, objects: readonly O[], isSelectable = isChangedByUser): O[] {
  const isChosen = ({ metadata: { name } }: O) => names.includes(name);
  const fits = (object: O) => globs.some((glob) => matchesGlob(glob, object.metadata.name)) && isSelectable(object);
  return objects.filter((object) => isChosen(object) || fits(object));
}

export async function* picked<O extends TargetObject>(pick: TargetPick, pages: AsyncIterable<readonly O[]>): AsyncGenerator<readonly O[]> {
  for await (const page of pages) yield among(pick, page);
}

const isChangedByUser = (object: TargetObject): boolean => !targetOf(object).owner && !isOver(object);

export function isOver(object: KubeObject): boolean {
  const { phase, conditions = [] } = ("status" in object && (object.status as { phase?: string; conditions?: Condition[] })) || {};
  if (phase === "Succeeded" || phase === "Failed") return true;
  return conditions.some(({ type, status }) => (type === "Complete" || type === "Failed") && status === "True");
}

type Condition = { readonly type: string; readonly status: string };

/**
 * Returns the first selection that was not found: a name, or all objects that a pattern or labels select. If the user selects several whole
 * kinds, a kind may have no objects.
 * @param found the objects that were found for each pick
 */
export function firstMissing(
  picks: readonly TargetPick[],
  found: readonly (readonly TargetObject[])[],
  { lenient, targets }: Pick<ChoiceOptions, "lenient" | "targets">,
): Missing | undefined {
  const optional = lenient || targets.whereUsed;
  const nothing = found.flat().length === 0;
  const missing = picks.map((pick, index) => missingOf(pick, found[index] ?? []));
  return missing.find((one) => one && (one.name !== undefined || (!optional && (nothing || one.chosenBy.startsWith(" matches")))));
}

function missingOf({ kind, names, globs, selector }: TargetPick, found: readonly TargetObject[]): Missing | undefined {
  const name = names.find((each) => !found.some(({ metadata }) => metadata.name === each));
  if (name !== undefined) return { kind, name, chosenBy: "" };
  if (found.length > 0 || globs.length === 0) return undefined;
  const [glob] = globs.filter((each) => each !== "*");
  return { kind, chosenBy: selector !== undefined ? ` has the labels ${selector}` : glob !== undefined ? ` matches ${glob}` : "" };
}

/** A target that doesn't exist: its name, or the pattern or labels that selected nothing. */
type Missing = { readonly kind: TargetKind; readonly name?: string | undefined; readonly chosenBy: string };

/** Returns the error for a missing target, or for a missing namespace, if the user may read it. */
async function missingError({ kind, name, chosenBy }: Missing, secret: string, { cluster, namespace }: NamespaceScope): Promise<CliError> {
  const uid = await uidOf(cluster, namespace).catch(() => "forbidden");
  if (uid === undefined) return namespaceNotFound(cluster, namespace, creationOf(namespace));
  const singular = argumentKind(kind);
  const selectable = kinds[kind].pullSecretList.takesEffect === "recreate" ? `unfinished ${singular} without a controller` : singular;
  const error = missingTarget({ kind, name, chosenBy }, namespace, selectable);
  const isSecret = kind === defaultAccount.kind && name === secret;
  const mistaken = `"${name}" is the name of the Secret; add --serviceaccount NAME, or --serviceaccount for the ServiceAccount default`;
  return isSecret ? error.withHint(mistaken) : error;
}

/** @param selectable the noun for an object that a pattern can select */
export function missingTarget({ kind, name, chosenBy }: Missing, namespace: string, selectable = argumentKind(kind)): CliError {
  const hint = { ...kubectl("get", kinds[kind].plural), namespace };
  if (name !== undefined) return absent(resourceOf(kind), name, hint);
  return new CliError("notFound", `no ${selectable} in namespace "${namespace}"${chosenBy}`, { hint });
}

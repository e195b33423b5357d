import { type Cluster, listAll } from "../cluster/port.ts";
import { absent, CliError } from "../errors.ts";
import type { Fix } from "../fix.ts";
import { kinds, lastingKinds, resourceOf, spelled, type TargetKind, targetKindCalled } from "../kinds.ts";
import type { KubeObject, KubeObjects, PodSpec } from "../objects.ts";
import { podSpecOf, readTarget, type Target } from "../plan/references.ts";
import type { Place } from "../scope/cluster-scopes.ts";
import { together } from "../scope/concurrency.ts";
import { matchesGlob } from "../scope/scope.ts";
import { noNamespace, uidOf } from "./namespace.ts";

/** Targets of one kind: by name, by pattern, by labels. */
export type TargetPick = {
  readonly kind: TargetKind;
  readonly names: readonly string[];
  readonly globs: readonly string[];
  /** It goes with the pattern `*`. */
  readonly selector: string | undefined;
};

/** Which targets a command is about. */
export type TargetOptions = {
  readonly picks: readonly TargetPick[];
  /** Whatever has images of the Secret's registry. */
  readonly whereUsed: boolean;
};

/** An object that has a list of pull secrets. */
export type TargetObject = KubeObjects[TargetKind];

export const noTargets: TargetOptions = { picks: [], whereUsed: false };

export const wantsTargets = ({ picks, whereUsed }: TargetOptions): boolean => picks.length > 0 || whereUsed;

/** What has to be read to know who uses a registry: everything that carries pull secrets; pods are read anyway. */
export const everything = lastingKinds.map((kind): TargetPick => ({ kind, names: [], globs: ["*"], selector: undefined }));

/** The picks of the objects to read. */
export const picksOf = ({ picks, whereUsed }: TargetOptions): readonly TargetPick[] => (whereUsed ? everything : picks);

/** What kind of target an object is. */
export const kindOf = ({ kind }: TargetObject): TargetKind => targetKindCalled(kind) as TargetKind;

/** An object as a plan sees it. */
export const targetOf = (object: TargetObject, context?: string): Target => readTarget(kindOf(object), object as never, context);

/** The spec of the pods that a target is or makes. */
export const specOf = (object: TargetObject): PodSpec | undefined => podSpecOf(kindOf(object), object);

/** What the pods are like that targets make, also where there is none at the moment. */
export const templatesOf = (objects: readonly TargetObject[]): { readonly spec: PodSpec }[] =>
  objects.flatMap((object) => specOf(object) ?? []).map((spec) => ({ spec }));

/** How long, in milliseconds, and by whose clock the ServiceAccount is waited for that every namespace gets after a moment. */
export type Patience = { readonly milliseconds: number; sleep(milliseconds: number): Promise<void> };

export type ChoiceOptions = {
  /** The Secret's name. */
  readonly secret: string;
  readonly targets: TargetOptions;
  readonly patience?: Patience | undefined;
  /** A pattern may choose nothing: elsewhere it may choose something. */
  readonly lenient: boolean;
};

/** The objects that were picked in one namespace, in the order of the picks, each once. @throws CliError notFound */
export async function chosenTargets(place: Place, options: ChoiceOptions): Promise<TargetObject[]> {
  const picks = picksOf(options.targets);
  const found = await together(picks.map((pick) => chosenBy(pick, place, options)));
  const missing = firstMissing(picks, found, options);
  if (missing) await refuseMissing(place, { secret: options.secret, ...missing });
  return unique(found.flat());
}

/** Removes duplicates of objects that two picks select. */
export const unique = (objects: readonly TargetObject[]): TargetObject[] => [
  ...new Map(objects.map((object) => [`${object.kind}/${object.metadata.name}`, object])).values(),
];

async function chosenBy(pick: TargetPick, place: Place, options: ChoiceOptions): Promise<TargetObject[]> {
  const { cluster, namespace } = place;
  const { kind, names, globs, selector } = pick;
  if (globs.length === 0) return together(names.map((name) => named(kind, name, place, options)));
  const listed = await listAll(cluster, kind, { namespace, labels: selector });
  return among<TargetObject>(pick, listed);
}

async function named(kind: TargetKind, name: string, place: Place, options: ChoiceOptions): Promise<TargetObject> {
  const { cluster, namespace } = place;
  const to = { kind, name, namespace };
  return (
    (await cluster.get(to)) ??
    (options.patience && isGiven(to) ? await comes(place, options.patience) : undefined) ??
    refuseMissing(place, { kind, name, secret: options.secret })
  );
}

/** The ServiceAccount that the controller manager gives every namespace, a moment after it was made. */
const given = { kind: "serviceaccount", name: "default" } as const;
const isGiven = ({ kind, name }: { readonly kind: string; readonly name: string }) => kind === given.kind && name === given.name;

/** Milliseconds between two looks. */
const between = 200;

async function comes({ cluster, namespace }: Place, { milliseconds, sleep }: Patience): Promise<TargetObject | undefined> {
  if ((await visibleUid(cluster, namespace)) === undefined) return undefined;
  for (let waited = 0; waited < milliseconds; waited += between) {
    await sleep(between);
    const found = await cluster.get({ ...given, namespace });
    if (found) return found;
  }
  return undefined;
}

/** The objects of a list that a pick is about: by a pattern none that has its list from elsewhere, or is over. */
export function among<O extends TargetObject>({ names, globs }: TargetPick, objects: readonly O[]): O[] {
  const isChosen = ({ metadata: { name } }: O) => names.includes(name);
  const fits = (object: O) => globs.some((glob) => matchesGlob(glob, object.metadata.name)) && !targetOf(object).maker && !isOver(object);
  return objects.filter((object) => isChosen(object) || fits(object));
}

/** Whether a pod or a Job has come to its end. */
export function isOver(object: KubeObject): boolean {
  const { phase, conditions = [] } = ("status" in object && (object.status as { phase?: string; conditions?: Condition[] })) || {};
  if (phase === "Succeeded" || phase === "Failed") return true;
  return conditions.some(({ type, status }) => (type === "Complete" || type === "Failed") && status === "True");
}

type Condition = { readonly type: string; readonly status: string };

/**
 * What is meant and was not found: a name, or all that a pattern or labels choose. Of several whole kinds one may have no objects.
 * @param found what was found for each pick
 */
export function firstMissing(
  picks: readonly TargetPick[],
  found: readonly (readonly TargetObject[])[],
  { lenient, targets }: Pick<ChoiceOptions, "lenient" | "targets">,
): Omit<Missing, "secret"> | undefined {
  const optional = lenient || targets.whereUsed;
  const nothing = found.flat().length === 0;
  const missing = picks.map((pick, index) => missingOf(pick, found[index] ?? []));
  return missing.find((one) => one && (one.name !== undefined || (!optional && (nothing || one.chosenBy.startsWith(" matches")))));
}

function missingOf({ kind, names, globs, selector }: TargetPick, found: readonly TargetObject[]) {
  const name = names.find((each) => !found.some(({ metadata }) => metadata.name === each));
  if (name !== undefined) return { kind, name, chosenBy: "" };
  if (found.length > 0 || globs.length === 0) return undefined;
  const [glob] = globs.filter((each) => each !== "*");
  return { kind, chosenBy: selector !== undefined ? ` has the labels ${selector}` : glob !== undefined ? ` matches ${glob}` : "" };
}

/** A target that is not there: its name, or by what nothing was chosen. */
type Missing = { readonly kind: TargetKind; readonly secret: string; readonly name?: string; readonly chosenBy?: string };

/** Tells a missing target from a missing namespace, where the user may look. @throws CliError notFound */
async function refuseMissing({ cluster, namespace }: Place, { kind, name, secret, chosenBy = "" }: Missing): Promise<never> {
  if ((await visibleUid(cluster, namespace)) === undefined) throw noNamespace(namespace);
  const resource = resourceOf(kind);
  const get = { kubectl: "get", args: [kinds[kind].plural], namespace } as const;
  if (name === undefined) {
    const singular = spelled(kind);
    const over = kinds[kind].carries.takes === "anew" ? " that stands for itself and goes on" : "";
    throw new CliError("notFound", `no ${singular}${over} in namespace "${namespace}"${chosenBy}`, { hint: get });
  }
  const isSecret = kind === given.kind && name === secret;
  const mistaken = `"${name}" is the Secret's name: a ServiceAccount's follows --serviceaccount, which alone means default`;
  const hint: Fix | string = isSecret ? mistaken : get;
  throw absent(resource, name, hint);
}

/** The uid of a namespace; undefined where it is not there, as far as we may see that. */
const visibleUid = (cluster: Cluster, namespace: string) => uidOf(cluster, namespace).catch(() => "not for us to see");

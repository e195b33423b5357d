import type { PluginCommand } from "../fix.ts";
import { at, kinds, nameOf, type RecreatableKind, type Ref, spelled, type TargetKind, targetKindCalled } from "../kinds.ts";
import type { KubeObjects, Metadata, NameRef, PodSpec } from "../objects.ts";
import type { Keep, Recreate, Refer, Refuse } from "./change.ts";
import type { Drift } from "./drift.ts";
import { type Recreation, readRecreation } from "./recreate.ts";

/** A target with the names in its list of pull secrets, and the resourceVersion they were read at. */
export type Target<K extends TargetKind = TargetKind> = {
  readonly to: Ref<K>;
  readonly names: readonly string[];
  readonly version: string;
  /** The ServiceAccount that its pods run as; absent for a ServiceAccount itself. */
  readonly account?: string;
  /** What makes it from a template of its own, so that nothing else changes it for good. */
  readonly maker?: Maker;
  /** Who is to undo a change of it. */
  readonly drift?: Drift;
  /** What it takes to change the list at all; absent where it can simply be written. */
  readonly anew?: Recreation;
};

/** The names in a list of pull secrets; an entry without one, which the kubelet passes over, has the empty name. */
export const namesIn = (list: unknown): string[] => ((list ?? []) as readonly NameRef[]).map(({ name = "" }) => name);

/** Whether a target's list can be written, and for good. */
export const isChangeable = ({ to, maker }: Pick<Target, "to" | "maker">): boolean => !maker && kinds[to.kind].carries.takes !== "anew";

/** Reads a target's list, wherever its kind has it. */
export function readTarget<K extends TargetKind>(kind: K, object: KubeObjects[K], context?: string): Target<K> {
  const { name, namespace = "", resourceVersion = "" } = object.metadata;
  const spec = podSpecOf(kind, object);
  const maker = makerOf(kind, object.metadata);
  const anew = readRecreation(kind, object);
  return {
    to: { kind, name, namespace, context },
    names: namesIn(at(object, kinds[kind].carries.path)),
    version: resourceVersion,
    account: spec && accountOf(spec),
    maker,
    anew,
  };
}

/** The spec of the pods that a target is or makes; undefined for a ServiceAccount. */
export function podSpecOf(kind: TargetKind, object: object): PodSpec | undefined {
  const row = kinds[kind];
  return "podSpec" in row ? (at(object, row.podSpec) as PodSpec | undefined) : undefined;
}

/** The ServiceAccount that pods of a spec run as. */
export const accountOf = ({ serviceAccountName: name }: PodSpec): string => name || "default";

/** The controller of an object. */
export const controllerOf = ({ ownerReferences = [] }: Metadata): Maker | undefined =>
  ownerReferences.find(({ controller }) => controller === true);

/** A controller that has nothing to do with templates (of an operator's Deployment) leaves the list to whoever writes it. */
function makerOf(kind: TargetKind, metadata: Metadata): Maker | undefined {
  const controller = controllerOf(metadata);
  if (!controller) return undefined;
  const makes = kinds[kind].carries.takes === "anew" || targetKindCalled(controller.kind) !== undefined;
  return makes ? { kind: controller.kind, name: controller.name } : undefined;
}

/**
 * The merge patch that gives a target these names, on the version that it was read at. It carries every name, also where the API
 * would merge lists by name: so one loop serves all, an entry without a name stays, and only the version keeps other writers' safe.
 * Of no names the field goes (RFC 7386).
 */
export function patchOf({ to, version }: Pick<Target, "to" | "version">, names: readonly string[]): object {
  const list: unknown = names.length === 0 ? null : names.map((name) => ({ name }));
  const inside = kinds[to.kind].carries.path.toReversed().reduce((value, step) => ({ [step]: value }), list);
  return { metadata: { resourceVersion: version }, ...(inside as object) };
}

const asItIs: RecreateOptions = { recreate: false, force: false };

/** Adds a pull secret to one target, after the names that are already there. */
export function planAttach(secret: string, target: Target, options = asItIs): Refer | Keep | Refuse | Recreate {
  const { to, names } = target;
  if (names.includes(secret)) return { act: "keep", to, because: "already attached" };
  return planned("attach", { secret, target, after: [...names, secret] }, options);
}

/** Removes a pull secret from one target and leaves every other name where it was. */
export function planDetach(secret: string, target: Target, options = asItIs): Refer | Keep | Refuse | Recreate {
  const { to, names } = target;
  if (!names.includes(secret)) return { act: "keep", to, because: "not attached" };
  return planned("detach", { secret, target, after: names.filter((name) => name !== secret) }, options);
}

type Wanted = { readonly secret: string; readonly target: Target; readonly after: readonly string[] };

function planned(does: Refer["act"], wanted: Wanted, options: RecreateOptions): Refer | Refuse | Recreate {
  const { secret, target, after } = wanted;
  const { to, names: before, maker, anew } = target;
  const asked = { does, secret, to };
  if (maker) return refuseMade(asked, maker);
  if (!anew) return { act: does, to, secret, before, after };
  const refusal = refuseRecreate(asked, anew, options);
  if (refusal) return refusal;
  return { act: "recreate", to: to as Ref<RecreatableKind>, does, secret, before, after, force: anew.loses ? true : undefined };
}

/** A controller, as an object that it made names it (meta/v1 OwnerReference). */
export type Maker = { readonly kind: string; readonly name: string };

/** Whether what cannot be changed is to be made anew, and may end what runs and lose what is only in it. */
export type RecreateOptions = { readonly recreate: boolean; readonly force: boolean };

/** What is asked for, and for which target. */
type Asked = { readonly does: "attach" | "detach"; readonly secret: string; readonly to: Ref<TargetKind> };

/** The refusal of what a controller makes. */
export function refuseMade({ does, secret, to }: Asked, maker: Maker): Refuse {
  const kind = targetKindCalled(maker.kind);
  const says = `${nameOf(to)} is made by ${maker.kind} ${maker.name} from a template, whose list counts`;
  return {
    act: "refuse",
    to,
    says,
    fix: kind && { verb: does, secret, targets: [nameOf({ kind: spelled(kind), name: maker.name })] },
  };
}

/** Why an object is not made anew whose list cannot be changed; undefined where it is. */
export function refuseRecreate({ does, secret, to }: Asked, { never, loses }: Recreation, options: RecreateOptions): Refuse | undefined {
  if (options.recreate && never === undefined && (loses === undefined || options.force)) return undefined;
  const says = `${nameOf(to)} keeps the list of pull secrets that it was made with, so it has to be made anew`;
  if (never !== undefined) return { act: "refuse", to, says: `${says}; but it ${never}` };
  const fix: PluginCommand = {
    verb: does,
    secret,
    targets: [nameOf({ kind: spelled(to.kind), name: to.name })],
    recreate: true,
    force: loses === undefined ? undefined : true,
  };
  return { act: "refuse", to, says: loses === undefined ? says : `${says}; it ${loses}`, fix };
}

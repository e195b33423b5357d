import type { PluginCommand } from "../fix.ts";
import { at, isRecreatable, kinds, nameOf, type PodKind, type Ref, type TargetKind, targetKindOf } from "../kinds.ts";
import type { KubeObjects, Metadata, PodSpec } from "../objects.ts";
import type { Keep, Recreate, Refer, Refuse } from "../plan/change.ts";
import { isPlain, targetArgument } from "../wording.ts";
import { type Recreation, readRecreation } from "./recreation.ts";

/** A target with the names in its list of pull secrets, and the resourceVersion at which they were read. */
export type Target<K extends TargetKind = TargetKind> = {
  readonly to: Ref<K>;
  readonly names: readonly string[];
  readonly version: string;
  /** The controller that creates the target from its own template, so that other changes of the target don't last. */
  readonly owner?: OwnerRef;
  /** The obstacles to recreating the target; absent if its list can be changed. */
  readonly recreation?: Recreation;
};

/** Returns the names in a list of pull secrets. An entry without a name, which the kubelet ignores, has the empty name. */
export const namesIn = (list: unknown): string[] => ((list ?? []) as NonNullable<PodSpec["imagePullSecrets"]>).map(({ name = "" }) => name);

/** Reads a target and its list. */
export function readTarget<K extends TargetKind>(kind: K, object: KubeObjects[K]): Target<K> {
  const { name, namespace = "", resourceVersion = "" } = object.metadata;
  const owner = ownerOf(kind, object.metadata);
  const recreation = readRecreation(kind, object);
  return {
    to: { kind, name, namespace },
    names: namesIn(at(object, kinds[kind].pullSecretList.path)),
    version: resourceVersion,
    owner,
    recreation,
  };
}

/** Returns the pod spec of an object; undefined for a ServiceAccount. */
export function podSpecOf(kind: TargetKind | PodKind, object: object): PodSpec | undefined {
  const row = kinds[kind];
  return "podSpec" in row ? (at(object, row.podSpec) as PodSpec | undefined) : undefined;
}

/** Returns the ServiceAccount that pods of a spec run as. */
export const accountOf = ({ serviceAccountName: name }: PodSpec): string => name || "default";

/**
 * Returns the controller of an object. The API server accepts any text as the name in an owner reference. A text such as `*` is the name of
 * no object, but a printed command with it would act on others.
 */
export const controllerOf = ({ ownerReferences = [] }: Metadata): OwnerRef | undefined =>
  ownerReferences.find(({ controller, name }) => controller === true && isPlain(name));

/**
 * Returns the controller only if it creates the object from a template. Other controllers, such as an operator that owns a Deployment, are
 * ignored.
 */
function ownerOf(kind: TargetKind, metadata: Metadata): OwnerRef | undefined {
  const controller = controllerOf(metadata);
  if (!controller) return undefined;
  const makes = kinds[kind].pullSecretList.takesEffect === "recreate" || targetKindOf(controller.kind) !== undefined;
  return makes ? { kind: controller.kind, name: controller.name } : undefined;
}

/**
 * Returns the merge patch that sets these names on the version of the target that was read. It contains every name, even if the API merges
 * the list by name. Therefore one loop serves all kinds, an entry without a name stays, and the version protects the names of other
 * writers. Without names, the patch removes the field (RFC 7386).
 */
export function patchOf({ to, version }: Pick<Target, "to" | "version">, names: readonly string[]): object {
  const list: unknown = names.length === 0 ? null : names.map((name) => ({ name }));
  const inside = kinds[to.kind].pullSecretList.path.toReversed().reduce((value, step) => ({ [step]: value }), list);
  return { metadata: { resourceVersion: version }, ...(inside as object) };
}

/**
 * Plans adding a pull secret to one target, after the existing names, or removing it. Every other name keeps its position.
 * @param options without these, a target whose list can't be changed is refused
 */
export function planRefer(
  does: Refer["act"],
  secret: string,
  target: Target,
  options: RecreateOptions = { recreate: false, force: false },
): Refer | Keep | Refuse | Recreate {
  const { to, names: before, owner, recreation } = target;
  if (before.includes(secret) === (does === "attach"))
    return { act: "keep", to, because: does === "attach" ? "already attached" : "not attached" };
  const after = does === "attach" ? [...before, secret] : before.filter((name) => name !== secret);
  if (owner) return refuseOwned({ does, secret, to }, owner);
  if (!recreation) return { act: does, to, secret, before, after };
  const refusal = refuseRecreate({ does, secret, to }, recreation, options);
  if (refusal) return refusal;
  return { act: "recreate", to: to as Ref<"pod">, does, secret, before, after, force: recreation.loses ? true : undefined };
}

/** A controller, from the owner reference of an object that it created. */
export type OwnerRef = { readonly kind: string; readonly name: string };

/**
 * Whether to recreate pods without a controller. `force` allows ending running containers and losing data that only the pod has.
 */
export type RecreateOptions = { readonly recreate: boolean; readonly force: boolean };

/** The requested change and its target. */
type RequestedChange = { readonly does: "attach" | "detach"; readonly secret: string; readonly to: Ref<TargetKind> };

/** Returns the refusal for an object that a controller creates from a template. */
export function refuseOwned({ does, secret, to }: RequestedChange, owner: OwnerRef): Refuse {
  const kind = targetKindOf(owner.kind);
  const message = `${nameOf(to)} is created from the template of ${owner.kind} ${owner.name}; change that template instead`;
  return { act: "refuse", to, message, fix: kind && { verb: does, secret, targets: [targetArgument({ kind, name: owner.name })] } };
}

/** Returns why an object whose list can't be changed is not recreated; undefined if it is recreated. */
export function refuseRecreate(
  { does, secret, to }: RequestedChange,
  { never, loses }: Recreation,
  options: RecreateOptions,
): Refuse | undefined {
  const { kind } = kinds[to.kind];
  const list = `imagePullSecrets of ${nameOf(to)} cannot be changed`;
  if (isRecreatable(to.kind) && options.recreate && never === undefined && (loses === undefined || options.force)) return undefined;
  if (!isRecreatable(to.kind))
    return {
      act: "refuse",
      to,
      message: `${list}: delete the ${kind} and create it with another list`,
      // kubectl reads the file before it deletes the object
      fix: { kubectl: "replace", args: ["--force", "-f", "FILE"], namespace: to.namespace },
    };
  if (never !== undefined) return { act: "refuse", to, message: `${list}, and the ${kind} cannot be recreated: it ${never}` };
  const message = `${list}, so the ${kind} must be recreated`;
  const fix: PluginCommand = {
    verb: does,
    secret,
    targets: [targetArgument(to)],
    recreate: true,
    force: loses === undefined ? undefined : true,
  };
  return { act: "refuse", to, message: loses === undefined ? message : `${message}; it ${loses}`, fix };
}

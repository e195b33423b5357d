import { at, isObjectName, kinds, type PodKind, type Ref, type TargetKind, targetKindOf } from "../kinds.ts";
import type { KubeObjects, Metadata, PodSpec } from "../objects.ts";
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
  /** The names that `apply` has added. It removes no other name. */
  readonly added?: readonly string[] | undefined;
};

/** An annotation with the names that `apply` has added to the list, separated by commas. It is written together with the list. */
export const addedKey = "acr-secret/added";

/** Returns the names in a list of pull secrets. An entry without a name, which the kubelet ignores, has the empty name. */
export const namesIn = (list: unknown): string[] => ((list ?? []) as NonNullable<PodSpec["imagePullSecrets"]>).map(({ name = "" }) => name);

export function readTarget<K extends TargetKind>(kind: K, object: KubeObjects[K]): Target<K> {
  const { name, namespace = "", resourceVersion = "", annotations = {} } = object.metadata;
  const owner = ownerOf(kind, object.metadata);
  const recreation = readRecreation(kind, object);
  return {
    to: { kind, name, namespace },
    names: namesIn(at(object, kinds[kind].pullSecretList.path)),
    version: resourceVersion,
    owner,
    recreation,
    added: annotations[addedKey]?.split(","),
  };
}

/** Returns the pod spec of an object; undefined for a ServiceAccount. */
export function podSpecOf(kind: TargetKind | PodKind, object: object): PodSpec | undefined {
  const row = kinds[kind];
  return "podSpec" in row ? (at(object, row.podSpec) as PodSpec | undefined) : undefined;
}

export const accountOf = ({ serviceAccountName: name }: PodSpec): string => name || "default";

/**
 * Returns the controller of an object. The API server accepts any text as the name in an owner reference. A text such as `*` is the name of
 * no object, but a printed command with it would act on others.
 */
export const controllerOf = ({ ownerReferences = [] }: Metadata): OwnerRef | undefined =>
  ownerReferences.find(({ controller, name }) => controller === true && isObjectName(name));

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

/** A controller, from the owner reference of an object that it created. */
export type OwnerRef = { readonly kind: string; readonly name: string };

import type { Metadata } from "../objects.ts";
import { controllerOf } from "../plan/references.ts";
import type { Maker } from "../plan/refusal.ts";

/** What made a pod, and above that a Deployment, whose ReplicaSets have the hash of a template in their names (apps/v1). */
export type Controller = Maker & { readonly above?: Maker };

/** The label by which a Deployment tells the pods of its templates apart. */
const templateHash = "pod-template-hash";

/** What made a pod, as its metadata tells. */
export function madeBy(metadata: Metadata): Controller | undefined {
  const maker = controllerOf(metadata);
  if (!maker) return undefined;
  const { kind, name } = maker;
  const hash = metadata.labels?.[templateHash];
  const isVersion = hash !== undefined && kind === "ReplicaSet" && name.endsWith(`-${hash}`);
  return { kind, name, ...(isVersion && { above: { kind: "Deployment", name: name.slice(0, -hash.length - 1) } }) };
}

/** What has the template that a pod comes from, as its metadata tells; the pod itself where nothing made it. */
export function topOf({ kind, metadata }: { readonly kind: string; readonly metadata: Metadata }): Maker {
  const { above, ...maker } = madeBy(metadata) ?? { kind, name: metadata.name };
  return above ?? maker;
}

import { type AnewKind, at, kinds, withAt } from "../kinds.ts";
import type { KubeObjects, ManagedFields, Metadata } from "../objects.ts";
import { writtenJob } from "./written-job.ts";
import { writtenPod } from "./written-pod.ts";

/** An object of a kind before the API server, the scheduler and the controllers have added to it, but for what they do to all. */
const rows: { readonly [K in AnewKind]: (object: KubeObjects[K]) => KubeObjects[K] } = { pod: writtenPod, "job.batch": writtenJob };

/** The manifest of the same object with these pull secrets, as somebody would write it: without what the server has added. */
export function anew<K extends AnewKind>(kind: K, object: KubeObjects[K], names?: readonly string[]): object {
  const written = (rows[kind] as (object: KubeObjects[K]) => KubeObjects[K])(object);
  const { status: _, ...rest } = { ...written, metadata: writtenMetadata(written.metadata) } as { status?: unknown; metadata: object };
  const { path } = kinds[kind].carries;
  const list = names ?? namesAt(rest, path);
  return withAt(rest, path, list.length === 0 ? undefined : list.map((name) => ({ name })));
}

const namesAt = (object: object, path: readonly string[]) =>
  ((at(object, path) ?? []) as readonly { readonly name?: string }[]).map(({ name = "" }) => name);

/** Metadata that the server writes itself (meta/v1 ObjectMeta). */
const ofServer = new Set([
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "managedFields",
  "generation",
  "selfLink",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
]);

/** Finalizers that a deletion has put there (meta/v1). */
const ofDeletion = ["orphan", "foregroundDeletion"];

function writtenMetadata({ annotations = {}, finalizers, managedFields, ...rest }: Metadata): object {
  const running = runtimeAnnotations(managedFields ?? []);
  const kept = {
    ...Object.fromEntries(Object.entries(rest).filter(([key]) => !ofServer.has(key))),
    annotations: Object.fromEntries(Object.entries(annotations).filter(([key]) => !running.has(key) && key !== jobTracking)),
    finalizers: finalizers?.filter((one) => !ofDeletion.includes(one)),
  };
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined && Object.keys(value).length > 0));
}

/** Of a Job of before 1.27: how its pods are counted. */
const jobTracking = "batch.kubernetes.io/job-tracking";

/** What tells of the pod as it was (its network, by CNI plugins) is written with its status. */
function runtimeAnnotations(managed: readonly ManagedFields[]): Set<string> {
  const annotationsOf = (some: readonly ManagedFields[]) =>
    some.flatMap(({ fieldsV1 = {} }) => Object.keys((at(fieldsV1, ["f:metadata", "f:annotations"]) ?? {}) as object));
  const written = new Set(annotationsOf(managed.filter(({ subresource }) => !subresource)));
  const told = annotationsOf(managed.filter(({ subresource }) => subresource));
  return new Set(told.filter((field) => !written.has(field)).map((field) => field.slice("f:".length)));
}

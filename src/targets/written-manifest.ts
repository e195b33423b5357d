import { at, kinds, withAt } from "../kinds.ts";
import type { ManagedFields, Metadata, Pod, PodSpec } from "../objects.ts";
import { namesIn } from "../usage/references.ts";

/** Returns a pod's manifest with these pull secrets, without the fields that the server adds. */
export function writtenManifest(pod: Pod, names?: readonly string[]): object {
  const written = writtenPod(pod);
  const { status: _, ...rest } = { ...written, metadata: writtenMetadata(written.metadata) } as { status?: unknown; metadata: object };
  const { path } = kinds.pod.pullSecretList;
  const list = names ?? namesIn(at(rest, path));
  return withAt(rest, path, list.length === 0 ? undefined : list.map((name) => ({ name })));
}

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

/** Finalizers that a deletion adds (meta/v1). */
const ofDeletion = ["orphan", "foregroundDeletion"];

function writtenMetadata({ annotations = {}, finalizers, managedFields, ...rest }: Metadata): object {
  const running = runtimeAnnotations(managedFields ?? []);
  const kept = {
    ...Object.fromEntries(Object.entries(rest).filter(([key]) => !ofServer.has(key))),
    annotations: Object.fromEntries(Object.entries(annotations).filter(([key]) => !running.has(key))),
    finalizers: finalizers?.filter((one) => !ofDeletion.includes(one)),
  };
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined && Object.keys(value).length > 0));
}

/** Returns annotations about the running pod, such as its network. CNI plugins write them through the status subresource. */
function runtimeAnnotations(managed: readonly ManagedFields[]): Set<string> {
  const annotationsOf = (some: readonly ManagedFields[]) =>
    some.flatMap(({ fieldsV1 = {} }) => Object.keys((at(fieldsV1, ["f:metadata", "f:annotations"]) ?? {}) as object));
  const written = new Set(annotationsOf(managed.filter(({ subresource }) => !subresource)));
  const reported = annotationsOf(managed.filter(({ subresource }) => subresource));
  return new Set(reported.filter((field) => !written.has(field)).map((field) => field.slice("f:".length)));
}

/**
 * Fields of a pod's spec that don't belong into its manifest. Admission derives some of them from other fields, and the API server rejects
 * them if the result has changed. `serviceAccount` is the old name of serviceAccountName. `ephemeralContainers` is allowed only in an
 * existing pod.
 */
const derived = ["priority", "preemptionPolicy", "overhead", "serviceAccount", "ephemeralContainers"];

/** The path at which the ServiceAccount admission mounts the token that it adds. */
const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Returns a pod without the spec fields that admission and the scheduler add. These have no owner in managedFields (meta/v1
 * ManagedFieldsEntry).
 */
function writtenPod(pod: Pod): Pod {
  const {
    spec,
    metadata: { managedFields },
  } = pod;
  const owners = (managedFields ?? []).filter(({ subresource }) => !subresource);
  const isOwned = (...path: readonly string[]) => owners.some(({ fieldsV1 = {} }) => at(fieldsV1, ["f:spec", ...path]) !== undefined);
  const isGiven = (name: string) =>
    owners.length > 0 && name.startsWith("kube-api-access-") && !isOwned("f:volumes", `k:{"name":${JSON.stringify(name)}}`);
  // A node that the scheduler chose may be full or deleted by now. Its binding records no field owner
  const out = [...derived, "tolerations", ...(isOwned("f:nodeName") ? [] : ["nodeName"])];
  const rest = Object.entries(spec).filter(([key]) => !out.includes(key));
  const tolerations = spec.tolerations?.filter((one) => !isDefaultToleration(one as Toleration));
  const written = { ...Object.fromEntries(rest), ...withoutToken(spec, isGiven) };
  return { ...pod, spec: { ...written, tolerations: tolerations?.length ? tolerations : undefined } };
}

function withoutToken(
  { volumes, containers, initContainers }: PodSpec,
  isGiven: (name: string) => boolean,
): Pick<PodSpec, "volumes" | "containers" | "initContainers"> {
  const given = new Set(volumes?.flatMap(({ name, projected }) => (projected && isGiven(name) ? name : [])));
  const bare = (some: PodSpec["containers"]): PodSpec["containers"] =>
    some.map(({ volumeMounts, ...container }) => {
      const mounts = volumeMounts?.filter(({ name, mountPath }) => !given.has(name) || mountPath !== tokenPath);
      return { ...container, volumeMounts: mounts?.length ? mounts : undefined };
    });
  return {
    volumes: volumes?.filter(({ name }) => !given.has(name)),
    containers: bare(containers),
    initContainers: initContainers && bare(initContainers),
  };
}

type Toleration = Readonly<Record<"key" | "operator" | "effect" | "tolerationSeconds", unknown>>;

/** Whether the DefaultTolerationSeconds admission adds a toleration. It adds the toleration again to a new pod. */
const isDefaultToleration = ({ key, operator, effect, tolerationSeconds }: Toleration): boolean =>
  /^node\.kubernetes\.io\/(not-ready|unreachable)$/.test(String(key)) &&
  operator === "Exists" &&
  effect === "NoExecute" &&
  tolerationSeconds === 300;

import { at, kinds, type RecreatableKind, withAt } from "../kinds.ts";
import type { Job, KubeObjects, ManagedFields, Metadata, Pod, PodSpec } from "../objects.ts";
import { namesIn } from "./references.ts";

/**
 * Returns an object without the fields of its kind that the API server, the scheduler and the controllers add. Fields of all kinds are
 * removed elsewhere.
 */
const rows: { readonly [K in RecreatableKind]: (object: KubeObjects[K]) => KubeObjects[K] } = { pod: writtenPod, "job.batch": writtenJob };

/** Returns an object's manifest with these pull secrets, without the fields that the server adds. */
export function writtenManifest<K extends RecreatableKind>(kind: K, object: KubeObjects[K], names?: readonly string[]): object {
  const written = (rows[kind] as (object: KubeObjects[K]) => KubeObjects[K])(object);
  const { status: _, ...rest } = { ...written, metadata: writtenMetadata(written.metadata) } as { status?: unknown; metadata: object };
  const { path } = kinds[kind].pullSecretList;
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
    annotations: Object.fromEntries(Object.entries(annotations).filter(([key]) => !running.has(key) && key !== jobTracking)),
    finalizers: finalizers?.filter((one) => !ofDeletion.includes(one)),
  };
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined && Object.keys(value).length > 0));
}

/** Marks how a Job's pods are counted. Jobs created before Kubernetes 1.27 have it. */
const jobTracking = "batch.kubernetes.io/job-tracking";

/** Returns annotations about the running pod, such as its network. CNI plugins write them through the status subresource. */
function runtimeAnnotations(managed: readonly ManagedFields[]): Set<string> {
  const annotationsOf = (some: readonly ManagedFields[]) =>
    some.flatMap(({ fieldsV1 = {} }) => Object.keys((at(fieldsV1, ["f:metadata", "f:annotations"]) ?? {}) as object));
  const written = new Set(annotationsOf(managed.filter(({ subresource }) => !subresource)));
  const reported = annotationsOf(managed.filter(({ subresource }) => subresource));
  return new Set(reported.filter((field) => !written.has(field)).map((field) => field.slice("f:".length)));
}

type Labels = Readonly<Record<string, string>>;

/** Returns a Job without the selector and the labels that the API server generates from its uid (batch/v1 generateSelector). */
function writtenJob(job: Job): Job {
  const { metadata } = job;
  const { selector, ...spec } = job.spec;
  if (spec.manualSelector) return job;
  const { metadata: of = {}, ...template } = spec.template;
  const labels = without(of.labels, metadata);
  return {
    ...job,
    metadata: withLabels(metadata, ownLabels(metadata, labels)),
    spec: { ...spec, template: { ...template, metadata: withLabels(of, labels) } },
  };
}

/**
 * Returns the labels of a Job itself. The API server copies the template's labels to a Job without labels, including those that are added
 * later (SetDefaults_Job).
 */
function ownLabels(metadata: Metadata, template: Labels): Labels {
  const labels = without(metadata.labels, metadata);
  const shared = Object.keys(labels).length < Object.keys(metadata.labels ?? {}).length;
  const isTemplates = Object.entries(labels).every(([key, value]) => template[key] === value);
  return shared && isTemplates ? {} : labels;
}

const without = (labels: Labels = {}, { uid, name }: Metadata): Labels =>
  Object.fromEntries(
    Object.entries(labels).filter(([key, value]) => {
      const of = key.replace(/^batch\.kubernetes\.io\//, "");
      return !(of === "controller-uid" && value === uid) && !(of === "job-name" && value === name);
    }),
  );

function withLabels<M extends Partial<Metadata>>({ labels: _, ...metadata }: M, labels: Labels): M {
  return { ...metadata, labels: Object.keys(labels).length > 0 ? labels : undefined } as M;
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

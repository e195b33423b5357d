import { at } from "../kinds.ts";
import type { Pod, PodSpec } from "../objects.ts";

/**
 * Fields of a pod's spec that admission works out of others, and that the API server refuses where they come to something else
 * by then; the old name of serviceAccountName; and what only a pod that stands may have.
 */
const derived = ["priority", "preemptionPolicy", "overhead", "serviceAccount", "ephemeralContainers"];

/** Where the ServiceAccount admission mounts the token that it adds. */
const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";

/** A pod before admission and the scheduler added to its spec: what they add, nobody owns (meta/v1 ManagedFieldsEntry). */
export function writtenPod(pod: Pod): Pod {
  const {
    spec,
    metadata: { managedFields },
  } = pod;
  const owners = (managedFields ?? []).filter(({ subresource }) => !subresource);
  const isOwned = (...path: readonly string[]) => owners.some(({ fieldsV1 = {} }) => at(fieldsV1, ["f:spec", ...path]) !== undefined);
  const isGiven = (name: string) =>
    owners.length > 0 && name.startsWith("kube-api-access-") && !isOwned("f:volumes", `k:{"name":${JSON.stringify(name)}}`);
  // A node that the scheduler chose may be full by now, or gone: the binding leaves no owner
  const out = [...derived, ...(isOwned("f:nodeName") ? [] : ["nodeName"])];
  const rest = Object.entries(spec).filter(([key]) => !out.includes(key));
  const tolerations = spec.tolerations?.filter((one) => !isDefaultToleration(one as Toleration));
  const written = { ...Object.fromEntries(rest), ...withoutToken(spec, isGiven) };
  const { tolerations: _, ...others } = written as PodSpec;
  return { ...pod, spec: { ...others, ...(tolerations && tolerations.length > 0 && { tolerations }) } };
}

function withoutToken(
  { volumes, containers, initContainers }: PodSpec,
  isGiven: (name: string) => boolean,
): Pick<PodSpec, "volumes" | "containers" | "initContainers"> {
  const given = new Set(volumes?.flatMap(({ name, projected }) => (projected && isGiven(name) ? name : [])));
  const bare = (some: PodSpec["containers"]): PodSpec["containers"] =>
    some.map(({ volumeMounts, ...container }) => {
      const mounts = volumeMounts?.filter(({ name, mountPath }) => !given.has(name) || mountPath !== tokenPath);
      return { ...container, ...(mounts && mounts.length > 0 && { volumeMounts: mounts }) };
    });
  const left = volumes?.filter(({ name }) => !given.has(name));
  return {
    ...(volumes && { volumes: left as NonNullable<typeof left> }),
    containers: bare(containers),
    ...(initContainers && { initContainers: bare(initContainers) }),
  };
}

type Toleration = Readonly<Record<"key" | "operator" | "effect" | "tolerationSeconds", unknown>>;

/** What the DefaultTolerationSeconds admission adds, and adds again. */
const isDefaultToleration = ({ key, operator, effect, tolerationSeconds }: Toleration): boolean =>
  /^node\.kubernetes\.io\/(not-ready|unreachable)$/.test(String(key)) &&
  operator === "Exists" &&
  effect === "NoExecute" &&
  tolerationSeconds === 300;

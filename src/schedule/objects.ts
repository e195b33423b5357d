import { createHash } from "node:crypto";
import type { Right } from "../kube/port.ts";

/** Returns the rules of a role (rbac/v1 PolicyRule), one for each resource. */
export function rulesOf(rights: readonly Right[]) {
  const byResource = Map.groupBy(rights, ({ group, resource }) => `${group}/${resource}`);
  return [...byResource.values()].map((of) => ({
    apiGroups: [of[0]?.group ?? ""],
    resources: [of[0]?.resource ?? ""],
    verbs: [...new Set(of.map(({ verb }) => verb))].sort(),
  }));
}

/** What to run in a cluster, when, and with which rights. */
export type Schedule = {
  readonly verb: "rotate" | "check";
  readonly namespace: string;
  /** Five cron fields, in UTC. */
  readonly cron: string;
  readonly image: string;
  /** The arguments of the plugin. */
  readonly args: readonly string[];
  readonly rights: readonly Right[];
  /** The client ID of a workload identity. */
  readonly clientId: string | undefined;
  /** The Secret with the variables `AZURE_*`; undefined with a workload identity, or for a verb that sends no request to Azure. */
  readonly secret: string | undefined;
  /** The registry's name for az; undefined: the schedule is for all registries. */
  readonly registry: string | undefined;
  readonly networkPolicy: boolean;
};

/** The namespace of a schedule by default. Only schedules use it, so it is one of their objects. */
export const ownNamespace = "acr-secret";

/** The time zone of all schedules. Without one, the times are those of the control plane. */
const utc = "Etc/UTC";

/** The label of a schedule's objects. */
export const scheduleLabel = "acr-secret/schedule";

const namespaceLabel = "acr-secret/namespace";

/** The name of a CronJob has at most 52 characters, because the names of its Jobs are longer (batch/v1 CronJob). */
const longestId = 52 - "acr-secret-".length;

/** Returns what no other schedule in the namespace has: the schedule of one registry must not replace that of another one. */
function idIn({ verb, registry }: Schedule): string {
  const id = [verb, registry?.toLowerCase() ?? []].flat().join("-");
  const digest = createHash("sha256").update(id).digest("hex").slice(0, 8);
  return id.length > longestId ? `${id.slice(0, longestId - 9)}-${digest}` : id;
}

/** Returns the label selector of the objects of one schedule. */
export const selectorOf = (schedule: Schedule): string => `${scheduleLabel}=${idIn(schedule)},${namespaceLabel}=${schedule.namespace}`;

/** Returns the name of a schedule's objects in its namespace. */
export const scheduleName = (schedule: Schedule): string => `acr-secret-${idIn(schedule)}`;

/** Returns a name that no schedule in another namespace has, for the objects of the whole cluster. */
export const clusterName = (schedule: Schedule): string =>
  schedule.namespace === ownNamespace ? scheduleName(schedule) : `${scheduleName(schedule)}:${schedule.namespace}`;

const rbac = "rbac.authorization.k8s.io";

/** Returns the objects that run a verb on a schedule, in the order in which they are created. */
export function scheduleObjects(schedule: Schedule): readonly object[] {
  const { verb, namespace, cron, image, args, clientId, secret, rights, networkPolicy } = schedule;
  const name = scheduleName(schedule);
  const labels = { "app.kubernetes.io/name": "kubectl-acr-secret", [scheduleLabel]: idIn(schedule), [namespaceLabel]: namespace };
  const metadata = { name, namespace, labels };
  const clusterWide = { name: clusterName(schedule), labels };
  const roleRef = { apiGroup: rbac, kind: "ClusterRole", name: clusterWide.name };
  const subjects = [{ kind: "ServiceAccount", name, namespace }];
  const annotations = clientId === undefined ? undefined : { "azure.workload.identity/client-id": clientId };
  const ownNamespaceObject = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  };
  // A NetworkPolicy can't name hosts. Many API servers listen on port 6443
  const ports = [{ protocol: "UDP", port: 53 }, ...[53, 443, 6443].map((port) => ({ protocol: "TCP", port }))];
  const networkPolicyObject = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata,
    spec: { podSelector: { matchLabels: labels }, policyTypes: ["Ingress", "Egress"], egress: [{ ports }] },
  };
  const container = {
    name: "acr-secret",
    image,
    args,
    // The summary of a successful run is then in the pod's status too
    env: [{ name: "TERMINATION_MESSAGE_PATH", value: "/dev/termination-log" }],
    envFrom: secret === undefined ? undefined : [{ secretRef: { name: secret } }],
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } },
    securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    // Also the end of the log of a failed run, so that no permission to read logs is needed
    terminationMessagePolicy: "FallbackToLogsOnError",
  };
  const template = {
    metadata: { labels: annotations ? { ...labels, "azure.workload.identity/use": "true" } : labels },
    spec: {
      serviceAccountName: name,
      restartPolicy: "Never",
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      containers: [container],
    },
  };
  // A second check finds the same images
  const jobSpec = { backoffLimit: verb === "check" ? 0 : 2, activeDeadlineSeconds: 4 * 3600, template };
  return [
    ...(namespace === ownNamespace ? [ownNamespaceObject] : []),
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { ...metadata, annotations } },
    { apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata: clusterWide, rules: rulesOf(rights) },
    { apiVersion: `${rbac}/v1`, kind: "ClusterRoleBinding", metadata: clusterWide, roleRef, subjects },
    ...(networkPolicy ? [networkPolicyObject] : []),
    {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata,
      spec: {
        schedule: cron,
        timeZone: utc,
        concurrencyPolicy: "Forbid",
        startingDeadlineSeconds: 3600,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 3,
        jobTemplate: { metadata: { labels }, spec: jobSpec },
      },
    },
  ];
}

/**
 * Returns a schedule as a CronJob has it: `0 3 * * *` for `03:00`, and five cron fields unchanged; undefined for any other text. The API
 * server checks the values of the fields.
 */
export function cronOf(text: string): string | undefined {
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hour !== undefined) return `${Number(minute)} ${Number(hour)} * * *`;
  const fields = text.trim().split(/\s+/);
  return fields.length === 5 && fields.every((field) => /^[\w*,/-]+$/.test(field)) ? fields.join(" ") : undefined;
}

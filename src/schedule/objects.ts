import { createHash } from "node:crypto";
import type { Entry } from "../file/entry.ts";
import type { Right } from "../kube/port.ts";
import { isSchedule } from "./cron.ts";
import { bindingFor, policyFor, policyVariable } from "./policy.ts";
import { grantable, rulesOf } from "./rights.ts";

/** What to run in a cluster, when, and with which rights. */
export type Schedule = {
  /** The name of its objects, with a hash (scheduleName). */
  readonly name: string;
  /** The home of its files. */
  readonly namespace: string;
  /** Five cron fields, in UTC. */
  readonly cron: string;
  readonly image: string;
  /** The arguments of the plugin. */
  readonly args: readonly string[];
  readonly rights: readonly Right[];
  /** The files of desired state that it applies, and their entries; undefined for `check`. */
  readonly files: { readonly texts: Readonly<Record<string, string>>; readonly entries: readonly Entry[] } | undefined;
  /** The client ID of a workload identity. */
  readonly clientId: string | undefined;
  /** The Secret with the variables `AZURE_*`; undefined with a workload identity, or for a verb that sends no request to Azure. */
  readonly secret: string | undefined;
  /** The names or the ids in Azure of the registries of its files, as words of a shell. */
  readonly registries: readonly string[];
  readonly networkPolicy: boolean;
};

/** The namespace of a schedule of `check` by default. It is one of the objects of the schedule. */
export const ownNamespace = "acr-secret";

/** The label of a schedule's objects. */
export const scheduleLabel = "acr-secret/schedule";

/** The annotation of the CronJob with the time at which the password expires that it signs in to Azure with (RFC 3339). */
export const passwordEnd = "acr-secret/password-expires-at";

/** The label selector of the objects that limit the rights of a schedule. */
export const policySelector = "acr-secret/part=policy";

/** Returns the name of a schedule's objects, which no other object has. @param home their namespace */
export const scheduleName = (home: string, name: string, verb: "apply" | "check" = "apply"): string =>
  `${name}-${createHash("sha256").update(`${verb}/${home}/${name}`).digest("hex").slice(0, 8)}`;

/** Returns the user name of a ServiceAccount. */
const userOf = ({ name, namespace }: Schedule) => `system:serviceaccount:${namespace}:${name}`;

/** The folder of the files in the container. */
export const filesFolder = "/etc/acr-secret";

const rbac = "rbac.authorization.k8s.io";
const admission = "admissionregistration.k8s.io";

/** Returns the objects that run a verb on a schedule, in the order in which they are created: the limits before the rights. */
export function scheduleObjects(schedule: Schedule): readonly object[] {
  const { name, namespace, files, clientId, networkPolicy } = schedule;
  const labels = labelsOf(schedule);
  const metadata = { name, namespace, labels };
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
  return [
    ...(namespace === ownNamespace && !files ? [ownNamespaceObject] : []),
    ...(files ? policyObjects(schedule) : []),
    ...(files ? [{ apiVersion: "v1", kind: "ConfigMap", metadata, data: files.texts }] : []),
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { ...metadata, annotations } },
    ...roles(schedule),
    ...(networkPolicy ? [networkPolicyObject] : []),
    cronJob(schedule),
  ];
}

const labelsOf = ({ name }: Schedule) => ({ "app.kubernetes.io/name": "kubectl-acr-secret", [scheduleLabel]: name });

function policyObjects(schedule: Schedule): readonly object[] {
  const { name, rights } = schedule;
  const [key = "", value] = policySelector.split("=");
  const metadata = { name, labels: { ...labelsOf(schedule), [key]: value } };
  const apiVersion = `${admission}/v1`;
  return [
    { apiVersion, kind: "ValidatingAdmissionPolicy", metadata, spec: policyFor(rights, userOf(schedule)) },
    { apiVersion, kind: "ValidatingAdmissionPolicyBinding", metadata, spec: bindingFor(name) },
  ];
}

/** Each run reads its policy. */
const policyRights = ({ name }: Schedule): readonly Right[] =>
  ["validatingadmissionpolicies", "validatingadmissionpolicybindings"].map((resource) => ({
    group: admission,
    resource,
    verb: "get",
    name,
  }));

/** Returns a role with its binding for the whole cluster, and for each namespace with rights of its own. */
function roles(schedule: Schedule): readonly object[] {
  const { name, namespace, rights, files } = schedule;
  const subjects = [{ kind: "ServiceAccount", name, namespace }];
  const byNamespace = Map.groupBy(grantable([...rights, ...(files ? policyRights(schedule) : [])]), (right) => right.namespace);
  return [...byNamespace].flatMap(([at, of]) => {
    const metadata = { name, namespace: at, labels: labelsOf(schedule) };
    const kind = at === undefined ? "ClusterRole" : "Role";
    return [
      { apiVersion: `${rbac}/v1`, kind, metadata, rules: rulesOf(of) },
      { apiVersion: `${rbac}/v1`, kind: `${kind}Binding`, metadata, roleRef: { apiGroup: rbac, kind, name }, subjects },
    ];
  });
}

function cronJob(schedule: Schedule): object {
  const { name, namespace, cron, image, args, files, clientId, secret } = schedule;
  const labels = labelsOf(schedule);
  const container = {
    name: "acr-secret",
    image,
    args,
    env: [
      // The summary of a successful run is then in the pod's status too
      { name: "TERMINATION_MESSAGE_PATH", value: "/dev/termination-log" },
      ...(files ? [{ name: policyVariable, value: name }] : []),
    ],
    envFrom: secret === undefined ? undefined : [{ secretRef: { name: secret } }],
    // It reads 16 namespaces at a time: of each a Secret and a page of each list. A parsed page has up to five times its bytes
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "1Gi" } },
    securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    // Also the end of the log of a failed run, so that no permission to read logs is needed
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: files && [{ name: "files", mountPath: filesFolder, readOnly: true }],
  };
  const template = {
    metadata: { labels: clientId === undefined ? labels : { ...labels, "azure.workload.identity/use": "true" } },
    spec: {
      serviceAccountName: name,
      restartPolicy: "Never",
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      containers: [container],
      volumes: files && [{ name: "files", configMap: { name } }],
    },
  };
  // The next run of apply continues, and a second check finds the same images. A new service principal can take Azure 13 minutes
  const jobSpec = { backoffLimit: 0, activeDeadlineSeconds: files ? 15 * 60 : 4 * 3600, template };
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name, namespace, labels },
    spec: {
      schedule: cron,
      // Without one, the times are those of the control plane
      timeZone: "Etc/UTC",
      concurrencyPolicy: "Forbid",
      // The controller starts no Job if it finds 100 missed times. Every minute, these are 60
      startingDeadlineSeconds: 3600,
      successfulJobsHistoryLimit: 3,
      // Every minute, these show the failures of the last ten minutes
      failedJobsHistoryLimit: 10,
      jobTemplate: { metadata: { labels }, spec: jobSpec },
    },
  };
}

/**
 * Returns a schedule as a CronJob has it: `0 3 * * *` for `03:00`, and five cron fields unchanged; undefined for any other text. The API
 * server checks the values of the fields.
 */
export function cronOf(text: string): string | undefined {
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hour !== undefined) return `${Number(minute)} ${Number(hour)} * * *`;
  return isSchedule(text) ? text.trim().split(/\s+/).join(" ") : undefined;
}

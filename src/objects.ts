/**
 * The Kubernetes objects that the plugin reads and writes, with the fields that it uses (k8s.io/api core/v1). Every field may be absent, as
 * on the wire.
 */

export type Metadata = {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly creationTimestamp?: string | null;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly ManagedFields[];
  readonly deletionTimestamp?: string;
  /** Termination grace period in seconds. */
  readonly deletionGracePeriodSeconds?: number;
  readonly finalizers?: readonly string[];
};

/** meta/v1 ManagedFieldsEntry: what a manager has written, as a tree of `f:field`. */
export type ManagedFields = {
  readonly manager?: string;
  readonly operation?: string;
  readonly apiVersion?: string;
  readonly time?: string;
  readonly fieldsV1?: object;
  readonly subresource?: string;
};

type OwnerReference = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
};

/** A reference by name: core/v1 LocalObjectReference. */
type NameRef = { readonly name?: string };

type Named<Api extends string, Kind extends string, Fields> = {
  readonly apiVersion: Api;
  readonly kind: Kind;
  readonly metadata: Metadata;
} & Readonly<Fields>;

/** core/v1 Secret. `data` values are base64. */
export type Secret = Named<"v1", "Secret", { type?: string; data?: Readonly<Record<string, string>>; immutable?: boolean }>;

/** core/v1 ServiceAccount. imagePullSecrets is `+listType=atomic`: a write replaces every name. */
export type ServiceAccount = Named<"v1", "ServiceAccount", { imagePullSecrets?: readonly NameRef[] }>;

/** core/v1 Container: its image, and the restart policy `Always`, which makes an init container a sidecar. */
export type Container = {
  readonly name: string;
  readonly image?: string;
  readonly imagePullPolicy?: string;
  readonly restartPolicy?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
};

/** core/v1 ContainerStatus. */
export type ContainerStatus = {
  readonly name: string;
  readonly image?: string;
  /** Empty until the node has the image. */
  readonly imageID?: string;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly running?: { readonly startedAt?: string };
    readonly terminated?: { readonly reason?: string; readonly message?: string };
  };
  readonly lastState?: { readonly terminated?: object };
  readonly restartCount?: number;
};

/** core/v1 PodSpec. */
export type PodSpec = {
  readonly serviceAccountName?: string;
  readonly imagePullSecrets?: readonly NameRef[];
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly ephemeralContainers?: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly nodeName?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly affinity?: { readonly nodeAffinity?: object };
  readonly tolerations?: readonly object[];
  readonly restartPolicy?: string;
  readonly activeDeadlineSeconds?: number;
};

/** core/v1 Volume: the fields for a volume that is pulled (an ImageVolumeSource), that is deleted with its pod, or that admission adds. */
type Volume = {
  readonly name: string;
  readonly image?: { readonly reference?: string; readonly pullPolicy?: string };
  readonly emptyDir?: object;
  readonly ephemeral?: object;
  readonly projected?: object;
};

/** core/v1 PodTemplateSpec. */
type PodTemplate = { readonly metadata?: Partial<Metadata>; readonly spec: PodSpec };

/** A workload with a pod template: apps/v1, batch/v1 Job, core/v1 ReplicationController. */
type Templated<Api extends string, Kind extends string> = Named<
  Api,
  Kind,
  { spec: { readonly template: PodTemplate; readonly replicas?: number } }
>;

type Condition = {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
};

/** batch/v1 Job. */
export type Job = Templated<"batch/v1", "Job"> & { readonly status?: { readonly conditions?: readonly Condition[] } };

/** core/v1 Pod. */
export type Pod = Named<
  "v1",
  "Pod",
  {
    spec: PodSpec;
    status?: {
      readonly phase?: string;
      /** Why the pod has ended or was rejected by its node. */
      readonly message?: string;
      readonly startTime?: string;
      readonly conditions?: readonly Condition[];
      readonly initContainerStatuses?: readonly ContainerStatus[];
      readonly containerStatuses?: readonly ContainerStatus[];
      readonly ephemeralContainerStatuses?: readonly ContainerStatus[];
    };
  }
>;

/** core/v1 Node. `images`: the largest images that it has, each with its names. */
type KubeNode = Named<
  "v1",
  "Node",
  {
    status?: {
      readonly images?: readonly { readonly names?: readonly string[] }[];
      readonly nodeInfo?: { readonly operatingSystem?: string; readonly architecture?: string; readonly kubeletVersion?: string };
    };
  }
>;

/** core/v1 Event. */
type KubeEvent = Named<
  "v1",
  "Event",
  {
    involvedObject: Readonly<Record<"apiVersion" | "kind" | "namespace" | "name" | "uid", string>>;
    type: "Normal" | "Warning";
    reason: string;
    message?: string;
    firstTimestamp?: string;
    /** When it was last seen. */
    lastTimestamp?: string;
  }
>;

/** rbac/v1 Role. */
export type Role = Named<"rbac.authorization.k8s.io/v1", "Role", { rules: readonly Readonly<Record<string, readonly string[]>>[] }>;

/** rbac/v1 RoleBinding. */
export type RoleBinding = Named<
  "rbac.authorization.k8s.io/v1",
  "RoleBinding",
  { roleRef: Readonly<Record<string, string>>; subjects?: readonly Readonly<Record<string, string>>[] }
>;

/** meta/v1 LabelSelector. */
export type LabelSelector = {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[];
};

/** Which requests an admission webhook or policy changes (admissionregistration.k8s.io/v1). */
export type Mutation = {
  readonly namespaceSelector?: LabelSelector;
  readonly objectSelector?: LabelSelector;
  /** The rules of a webhook, and those of a policy. */
  readonly rules?: readonly MutationRule[];
  readonly resourceRules?: readonly MutationRule[];
};

type MutationRule = {
  readonly apiGroups?: readonly string[];
  readonly operations?: readonly string[];
  readonly resources?: readonly string[];
};

type Admission<Kind extends string, Fields> = Named<"admissionregistration.k8s.io/v1", Kind, Fields>;

/** The objects with their types, by kubectl's names for their kinds. */
export type KubeObjects = {
  readonly namespace: Named<"v1", "Namespace", object>;
  readonly node: KubeNode;
  readonly event: KubeEvent;
  readonly secret: Secret;
  readonly serviceaccount: ServiceAccount;
  readonly "role.rbac.authorization.k8s.io": Role;
  readonly "rolebinding.rbac.authorization.k8s.io": RoleBinding;
  readonly "mutatingwebhookconfiguration.admissionregistration.k8s.io": Admission<
    "MutatingWebhookConfiguration",
    { webhooks?: readonly Mutation[] }
  >;
  readonly "mutatingadmissionpolicy.admissionregistration.k8s.io": Admission<
    "MutatingAdmissionPolicy",
    { spec: { readonly matchConstraints?: Mutation } }
  >;
  readonly "validatingadmissionpolicy.admissionregistration.k8s.io": Admission<"ValidatingAdmissionPolicy", { spec: object }>;
  readonly "validatingadmissionpolicybinding.admissionregistration.k8s.io": Admission<"ValidatingAdmissionPolicyBinding", { spec: object }>;
  readonly "deployment.apps": Templated<"apps/v1", "Deployment">;
  readonly "statefulset.apps": Templated<"apps/v1", "StatefulSet">;
  readonly "daemonset.apps": Templated<"apps/v1", "DaemonSet">;
  readonly "replicaset.apps": Templated<"apps/v1", "ReplicaSet">;
  readonly replicationcontroller: Templated<"v1", "ReplicationController">;
  readonly "cronjob.batch": Named<
    "batch/v1",
    "CronJob",
    {
      spec: {
        readonly suspend?: boolean;
        readonly jobTemplate: { readonly metadata?: Partial<Metadata>; readonly spec: { readonly template: PodTemplate } };
      };
      status?: { readonly lastSuccessfulTime?: string };
    }
  >;
  readonly "job.batch": Job;
  readonly podtemplate: Named<"v1", "PodTemplate", { template: PodTemplate }>;
  readonly pod: Pod;
};

export type KubeObject = KubeObjects[keyof KubeObjects];

/** The types of Secret that the kubelet reads, and the key that it reads in each. */
export const pullSecretKey: Readonly<Record<string, string>> = {
  "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
  "kubernetes.io/dockercfg": ".dockercfg",
};

/** The annotation in which `kubectl apply` stores the last applied file, including the values of a Secret. */
export const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** The label of this plugin's objects. */
export const managedBy = { key: "app.kubernetes.io/managed-by", value: "kubectl-acr-secret" };

/** The minor version in `v1.34.1+k3s1`; NaN for a version of another form. */
export const minorOf = (version: string): number => Number(/^v1\.(\d+)\./.exec(version)?.[1]);

/** Returns an object after a JSON merge patch (RFC 7386). */
export function merged<T extends object>(object: T, patch: object): T {
  const after = { ...object } as Record<string, unknown>;
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete after[key];
    else if (typeof value === "object" && !Array.isArray(value)) after[key] = merged((after[key] as object | undefined) ?? {}, value);
    else if (value !== undefined) after[key] = value;
  }
  return after as T;
}

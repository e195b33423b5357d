/**
 * When pods get an added name: in new pods only, by a rollout that the write starts, in the next run, or only in a recreated object. A list
 * with `recreate` can't be updated.
 */
type TakesEffect = "new-pods" | "rollout" | "next-run" | "recreate";

/** A list of pull secrets. `list`: the API merges it by name (`+listType=map`) or replaces it as a whole (`+listType=atomic`). */
type PullSecretList = { readonly path: readonly string[]; readonly list: "atomic" | "by-name"; readonly takesEffect: TakesEffect };

/** A kind of the API server. */
type ClusterRow = {
  /** kubectl's short names: `sa`. */
  readonly short?: readonly string[];
  /** Default: the kind with an s. */
  readonly plural?: string;
  /** Default: true. */
  readonly namespaced?: boolean;
  readonly pullSecretList?: PullSecretList;
  /** The path of the pod spec; absent if the kind creates no pods. */
  readonly podSpec?: readonly string[];
  /** `--recreate` deletes an object of this kind and creates it with another list. */
  readonly recreatable?: true;
  /** The kind in the API that creates most of its objects from its own template. */
  readonly createdBy?: string;
};

/** @param api group and version: `v1`, `apps/v1` @param kind the kind in the API: `ServiceAccount` */
const inCluster = <const Row extends ClusterRow>(api: string, kind: string, row: Row) =>
  ({ at: "cluster", api, kind, plural: `${kind.toLowerCase()}s`, namespaced: true, ...row }) as const;

/** The fields of a kind whose pod spec has its own list. */
const spec = (takesEffect: TakesEffect, ...podSpec: readonly string[]) =>
  ({ podSpec, pullSecretList: { path: [...podSpec, "imagePullSecrets"], list: "by-name", takesEffect } }) as const;

const template = (takesEffect: TakesEffect) => spec(takesEffect, "spec", "template", "spec");

const admission = "admissionregistration.k8s.io/v1";

/** An object outside of the cluster has no path here: the code that creates it knows the path. `called`: the noun for one object. */
const inAzure = (called: string) => ({ at: "azure", called }) as const;

/** One row per kind of object that an outcome can name. A new target is a new row. */
export const kinds = {
  namespace: inCluster("v1", "Namespace", { namespaced: false }),
  node: inCluster("v1", "Node", { namespaced: false }),
  event: inCluster("v1", "Event", {}),
  secret: inCluster("v1", "Secret", {}),
  serviceaccount: inCluster("v1", "ServiceAccount", {
    short: ["sa"],
    pullSecretList: { path: ["imagePullSecrets"], list: "atomic", takesEffect: "new-pods" },
  }),
  "deployment.apps": inCluster("apps/v1", "Deployment", { short: ["deploy"], ...template("rollout") }),
  "statefulset.apps": inCluster("apps/v1", "StatefulSet", { short: ["sts"], ...template("rollout") }),
  "daemonset.apps": inCluster("apps/v1", "DaemonSet", { short: ["ds"], ...template("rollout") }),
  "replicaset.apps": inCluster("apps/v1", "ReplicaSet", { short: ["rs"], createdBy: "Deployment", ...template("new-pods") }),
  replicationcontroller: inCluster("v1", "ReplicationController", { short: ["rc"], ...template("new-pods") }),
  "cronjob.batch": inCluster("batch/v1", "CronJob", {
    short: ["cj"],
    ...spec("next-run", "spec", "jobTemplate", "spec", "template", "spec"),
  }),
  "job.batch": inCluster("batch/v1", "Job", template("recreate")),
  /** Nothing in Kubernetes itself starts its pods, so it is not a target. */
  podtemplate: inCluster("v1", "PodTemplate", { podSpec: ["template", "spec"] }),
  pod: inCluster("v1", "Pod", { short: ["po"], recreatable: true, ...spec("recreate", "spec") }),
  "role.rbac.authorization.k8s.io": inCluster("rbac.authorization.k8s.io/v1", "Role", {}),
  "rolebinding.rbac.authorization.k8s.io": inCluster("rbac.authorization.k8s.io/v1", "RoleBinding", {}),
  "mutatingwebhookconfiguration.admissionregistration.k8s.io": inCluster(admission, "MutatingWebhookConfiguration", { namespaced: false }),
  "mutatingadmissionpolicy.admissionregistration.k8s.io": inCluster(admission, "MutatingAdmissionPolicy", {
    plural: "mutatingadmissionpolicies",
    namespaced: false,
  }),
  "validatingadmissionpolicy.admissionregistration.k8s.io": inCluster(admission, "ValidatingAdmissionPolicy", {
    plural: "validatingadmissionpolicies",
    namespaced: false,
  }),
  "validatingadmissionpolicybinding.admissionregistration.k8s.io": inCluster(admission, "ValidatingAdmissionPolicyBinding", {
    namespaced: false,
  }),
  "scopemap.azurecr.io": inAzure("scope map"),
  "token.azurecr.io": inAzure("token"),
  "application.graph.microsoft.com": inAzure("application"),
  "serviceprincipal.graph.microsoft.com": inAzure("service principal"),
  "roleassignment.management.azure.com": inAzure("role assignment"),
  "identity.managedidentity.azure.com": inAzure("managed identity"),
  "federatedcredential.managedidentity.azure.com": inAzure("federated credential"),
  registry: { at: "registry", called: "registry" },
} as const;

type KindName = keyof typeof kinds;

export type ClusterKind = { [K in KindName]: (typeof kinds)[K] extends { readonly at: "cluster" } ? K : never }[KindName];

export type TargetKind = { [K in KindName]: (typeof kinds)[K] extends { readonly pullSecretList: PullSecretList } ? K : never }[KindName];

/** The kinds of target that are pods or create pods. */
export type PodKind = { [K in KindName]: (typeof kinds)[K] extends { readonly podSpec: readonly string[] } ? K : never }[KindName];

const names = Object.keys(kinds) as KindName[];

export const targetKinds = names.filter((name): name is TargetKind => "pullSecretList" in kinds[name]);

/** The kinds that create pods from a template. */
export const templateKinds = names.filter((name): name is Exclude<PodKind, "pod"> => "podSpec" in kinds[name] && name !== "pod");

export const lastingKinds = targetKinds.filter((name) => kinds[name].pullSecretList.path.length !== 2);

export const isRecreatable = (kind: TargetKind): kind is "pod" => "recreatable" in kinds[kind];

/** The kind of target with a name in the API: `Deployment`. */
export const targetKindOf = (kind: string): TargetKind | undefined => targetKinds.find((name) => kinds[name].kind === kind);

/** The resource of a kind with its group, as in the API server and kubectl: `deployments.apps`. */
export function resourceOf(kind: ClusterKind): string {
  const { api, plural } = kinds[kind];
  return api.includes("/") ? `${plural}.${api.split("/")[0]}` : plural;
}

export const at = (object: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inside, step) => (inside as Record<string, unknown> | undefined | null)?.[step], object);

export function withAt(object: object, [step = "", ...path]: readonly string[], value: unknown): object {
  const { [step]: inside, ...others } = object as Record<string, object | undefined>;
  if (path.length === 0 && value === undefined) return others;
  return { ...object, [step]: path.length === 0 ? value : withAt(inside ?? {}, path, value) };
}

/** A workload as kubectl names it: `deployment/web`. */
export type Workload = { readonly kind: string; readonly name: string };

/** The name of one object, in the cluster or outside. */
export type Ref<K extends KindName = KindName> = {
  readonly kind: K;
  readonly name: string;
  readonly namespace?: string;
};

/** Whether kubectl can read the object by this name. */
export const isInCluster = ({ kind }: Ref): boolean => kinds[kind].at === "cluster";

/** A unique key of an object. No name in a cluster contains a line feed. Keys sort by kind, namespace and name. */
export const keyOf = ({ kind, namespace = "", name }: Ref): string => `${kind}\n${namespace}\n${name}`;

/** The name of an object as kubectl prints and accepts it: `deployment.apps/web`. */
export const nameOf = ({ kind, name }: { readonly kind: string; readonly name: string }): string => `${kind}/${name}`;

/** The word for a kind of target on a command line: `deployment`. */
export const argumentKind = (kind: TargetKind): string => kinds[kind].kind.toLowerCase();

/** Whether the API server accepts the name of an object (RFC 1123 subdomain). A pod may refer to other names, but no Secret has one. */
export const isObjectName = (name: string): boolean =>
  name.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name);

/**
 * What it takes until pods have a name that was put into a list of pull secrets: new pods (those that are made from then on), a rollout
 * that the write itself begins, the next run, or an object made anew, since the list of this one cannot be changed.
 */
export type Takes = "new-pods" | "rollout" | "next-run" | "anew";

/**
 * A list of pull secrets: where in the object it stands, whether the API merges it name by name or replaces it as a whole
 * (`+listType=map`, `+listType=atomic`), and what a change of it takes.
 */
export type Carries = { readonly path: readonly string[]; readonly list: "atomic" | "by-name"; readonly takes: Takes };

type ClusterRow = {
  readonly at: "cluster";
  /** The kind as the API spells it: `ServiceAccount`. */
  readonly kind: string;
  /** Group and version: `v1`, `apps/v1`. */
  readonly api: string;
  readonly plural: string;
  /** kubectl's short names: `sa`. */
  readonly short?: readonly string[];
  readonly namespaced: boolean;
  readonly carries?: Carries;
  /** Where the spec of its pods stands; absent for what makes none. */
  readonly podSpec?: readonly string[];
};

/** The rows' part of what has a pod spec with a list of its own. */
const spec = (takes: Takes, ...podSpec: readonly string[]) =>
  ({
    namespaced: true,
    podSpec,
    carries: { path: [...podSpec, "imagePullSecrets"], list: "by-name", takes },
  }) as const;

const template = (takes: Takes) => spec(takes, "spec", "template", "spec");

/** What lives elsewhere has no path of its own here: whoever makes it knows where. */
type ForeignRow = { readonly at: "azure" | "registry" /** The word for one of them. */; readonly called: string };

/**
 * One row a kind of object that a plan can name: where it lives, what kubectl calls it, and where its list of pull secrets stands.
 * A new target is a new row.
 */
export const kinds = {
  namespace: { at: "cluster", kind: "Namespace", api: "v1", plural: "namespaces", namespaced: false },
  event: { at: "cluster", kind: "Event", api: "v1", plural: "events", namespaced: true },
  secret: { at: "cluster", kind: "Secret", api: "v1", plural: "secrets", namespaced: true },
  serviceaccount: {
    at: "cluster",
    kind: "ServiceAccount",
    api: "v1",
    plural: "serviceaccounts",
    short: ["sa"],
    namespaced: true,
    carries: { path: ["imagePullSecrets"], list: "atomic", takes: "new-pods" },
  },
  "deployment.apps": {
    at: "cluster",
    kind: "Deployment",
    api: "apps/v1",
    plural: "deployments",
    short: ["deploy"],
    ...template("rollout"),
  },
  "statefulset.apps": {
    at: "cluster",
    kind: "StatefulSet",
    api: "apps/v1",
    plural: "statefulsets",
    short: ["sts"],
    ...template("rollout"),
  },
  "daemonset.apps": { at: "cluster", kind: "DaemonSet", api: "apps/v1", plural: "daemonsets", short: ["ds"], ...template("rollout") },
  "replicaset.apps": { at: "cluster", kind: "ReplicaSet", api: "apps/v1", plural: "replicasets", short: ["rs"], ...template("new-pods") },
  replicationcontroller: {
    at: "cluster",
    kind: "ReplicationController",
    api: "v1",
    plural: "replicationcontrollers",
    short: ["rc"],
    ...template("new-pods"),
  },
  "cronjob.batch": {
    at: "cluster",
    kind: "CronJob",
    api: "batch/v1",
    plural: "cronjobs",
    short: ["cj"],
    ...spec("next-run", "spec", "jobTemplate", "spec", "template", "spec"),
  },
  "job.batch": { at: "cluster", kind: "Job", api: "batch/v1", plural: "jobs", ...template("anew") },
  pod: { at: "cluster", kind: "Pod", api: "v1", plural: "pods", short: ["po"], ...spec("anew", "spec") },
  "scopemap.azurecr.io": { at: "azure", called: "scope map" },
  "token.azurecr.io": { at: "azure", called: "token" },
  "application.graph.microsoft.com": { at: "azure", called: "application" },
  "serviceprincipal.graph.microsoft.com": { at: "azure", called: "service principal" },
  "roleassignment.management.azure.com": { at: "azure", called: "role assignment" },
  registry: { at: "registry", called: "registry" },
} as const satisfies Readonly<Record<string, ClusterRow | ForeignRow>>;

export type KindName = keyof typeof kinds;

/** The kinds that the API server has. */
export type ClusterKind = { [K in KindName]: (typeof kinds)[K] extends { readonly at: "cluster" } ? K : never }[KindName];

/** The kinds that have a list of pull secrets. */
export type TargetKind = { [K in KindName]: (typeof kinds)[K] extends { readonly carries: Carries } ? K : never }[KindName];

/** The kinds of target whose list cannot be changed: their rows say `anew`. */
export type RecreatableKind = "job.batch" | "pod";

/** The kinds of target that have, or make, pods. */
export type PodKind = { [K in KindName]: (typeof kinds)[K] extends { readonly podSpec: readonly string[] } ? K : never }[KindName];

const names = Object.keys(kinds) as KindName[];

/** Every kind that has a list of pull secrets. */
export const targetKinds = names.filter((name): name is TargetKind => "carries" in kinds[name]);

/** Every target but those that are pods themselves. */
export const lastingKinds = targetKinds.filter((name) => kinds[name].carries.path.length !== 2);

/** The kind of target that the API spells like this: `Deployment`. */
export const targetKindCalled = (kind: string): TargetKind | undefined => targetKinds.find((name) => kinds[name].kind === kind);

/** The resource of a kind with its group, as the API server and kubectl name it: `deployments.apps`. */
export function resourceOf(kind: ClusterKind): string {
  const { api, plural } = kinds[kind];
  return api.includes("/") ? `${plural}.${api.split("/")[0]}` : plural;
}

/** What stands in an object at a path. */
export const at = (object: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inside, step) => (inside as Record<string, unknown> | undefined | null)?.[step], object);

/** The same object, with another value at a path. */
export function withAt(object: object, [step = "", ...path]: readonly string[], value: unknown): object {
  const { [step]: inside, ...others } = object as Record<string, object | undefined>;
  if (path.length === 0 && value === undefined) return others;
  return { ...object, [step]: path.length === 0 ? value : withAt(inside ?? {}, path, value) };
}

/** Names one object, wherever it lives. `context` is only there where a run is about several clusters. */
export type Ref<K extends KindName = KindName> = {
  readonly kind: K;
  readonly name: string;
  readonly namespace?: string;
  readonly context?: string;
};

/** Whether kubectl could be asked for it by this name. */
export const livesInCluster = ({ kind }: Ref): boolean => kinds[kind].at === "cluster";

/**
 * The same text for the same object, and another for every other, in whatever cluster: no name in a cluster has a line's end, and what
 * is in Azure has no context. Keys are in the order of contexts, kinds, namespaces and names.
 */
export const keyOf = ({ context = "", kind, namespace = "", name }: Ref): string => `${context}\n${kind}\n${namespace}\n${name}`;

/** A count of objects in words: `3 Secrets`, `1 scope map`. */
export function countOf(kind: KindName, count: number): string {
  const row = kinds[kind];
  return `${count} ${row.at === "cluster" ? row.kind : row.called}${count === 1 ? "" : "s"}`;
}

/** How kubectl prints an object, and takes it: `deployment.apps/web`. */
export const nameOf = ({ kind, name }: { readonly kind: string; readonly name: string }): string => `${kind}/${name}`;

/** How a command line spells a kind of target: `deployment`. */
export const spelled = (kind: TargetKind): string => kinds[kind].kind.toLowerCase();

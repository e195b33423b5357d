/** How a list of pull secrets is written: `atomic`, a write replaces every name; and where in the object it stands. */
export type Carries = { readonly path: readonly string[]; readonly list: "atomic" };

type ClusterRow = {
  readonly at: "cluster";
  /** The kind as the API spells it: `ServiceAccount`. */
  readonly kind: string;
  /** Group and version: `v1`, `apps/v1`. */
  readonly api: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly carries?: Carries;
};

/** What lives elsewhere has no path of its own here: whoever makes it knows where. */
type ForeignRow = { readonly at: "azure" | "registry" };

/**
 * One row a kind of object that a plan can name: where it lives, what kubectl calls it, and where its list of pull secrets stands.
 * A new target is a new row.
 */
export const kinds = {
  namespace: { at: "cluster", kind: "Namespace", api: "v1", plural: "namespaces", namespaced: false },
  secret: { at: "cluster", kind: "Secret", api: "v1", plural: "secrets", namespaced: true },
  serviceaccount: {
    at: "cluster",
    kind: "ServiceAccount",
    api: "v1",
    plural: "serviceaccounts",
    namespaced: true,
    carries: { path: ["imagePullSecrets"], list: "atomic" },
  },
  pod: { at: "cluster", kind: "Pod", api: "v1", plural: "pods", namespaced: true },
  "scopemap.azurecr.io": { at: "azure" },
  "token.azurecr.io": { at: "azure" },
  "application.graph.microsoft.com": { at: "azure" },
  "serviceprincipal.graph.microsoft.com": { at: "azure" },
  "roleassignment.management.azure.com": { at: "azure" },
  registry: { at: "registry" },
} as const satisfies Readonly<Record<string, ClusterRow | ForeignRow>>;

export type KindName = keyof typeof kinds;

/** The kinds that the API server has. */
export type ClusterKind = { [K in KindName]: (typeof kinds)[K] extends { readonly at: "cluster" } ? K : never }[KindName];

/** The kinds that have a list of pull secrets. */
export type TargetKind = { [K in KindName]: (typeof kinds)[K] extends { readonly carries: Carries } ? K : never }[KindName];

/** Names one object, wherever it lives. `context` is only there where a run is about several clusters. */
export type Ref<K extends KindName = KindName> = {
  readonly kind: K;
  readonly name: string;
  readonly namespace?: string;
  readonly context?: string;
};

/** Whether kubectl could be asked for it by this name. */
export const livesInCluster = ({ kind }: Ref): boolean => kinds[kind].at === "cluster";

/** The same text for the same object, and another for every other, in whatever cluster. */
export const keyOf = ({ context = "", kind, namespace = "", name }: Ref): string => JSON.stringify([context, kind, namespace, name]);

import type { Json } from "../json.ts";
import type { ClusterKind, Ref } from "../kinds.ts";
import type { KubeObjects } from "../objects.ts";
import type { Sensitive } from "../sensitive.ts";

/** The filter of a list (meta/v1 ListOptions). */
export type Where = {
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labels?: string | undefined;
  /** `metadata.name=default`, `status.phase=Pending`. */
  readonly fields?: string | undefined;
  readonly metadataOnly?: boolean | undefined;
};

/** The preconditions of a write (meta/v1 Preconditions): another object of the same name is not changed. */
export type Preconditions = { readonly uid: string; readonly version?: string };

/** The message of the policy that limits what a schedule writes (src/schedule/policy.ts): the run lacks a right. */
export const notOfSchedule = "the files of the schedule do not name or select this object";

/** A request as the API server's authorizer sees it. Without a namespace, it is for all namespaces. */
export type Right = {
  /** The API group, "" for the core group. */
  readonly group: string;
  /** With its subresource: `pods/eviction`. */
  readonly resource: string;
  readonly verb: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
};

/** kubectl, and the name of the context that it uses; "" without a context. */
export type KubectlFacts = { readonly version: string; readonly context: string };

export type Write =
  /** POST, which fails if the object exists. */
  | { readonly create: object }
  /** A JSON merge patch (RFC 7386). With `metadata.resourceVersion` in it, only that version is changed. */
  | { readonly patch: object }
  | { readonly delete: Preconditions }
  /** By the Eviction API (policy/v1), which honors PodDisruptionBudgets. */
  | { readonly evict: Preconditions };

/**
 * With `dryRun` the server checks a write and stores nothing (`?dryRun=All`). `isQuestion`: only the answer is of interest, so warnings
 * about the object are dropped.
 */
export type WriteOptions = { readonly dryRun: boolean; readonly fieldManager: string; readonly isQuestion?: true };

/**
 * One cluster. Reads return `undefined` if the object does not exist (404). Every other error response is a CliError with the server's own
 * sentence. Writes throw Conflict on 409.
 */
export type Cluster = {
  /** The namespace if no flag names one: the context's, else `default`. */
  namespace(): Promise<string>;
  get<K extends ClusterKind>(to: Ref<K>): Promise<KubeObjects[K] | undefined>;
  /** Yields the objects page by page, in the order of their keys (`namespace/name`), and never all at once. */
  pages<K extends ClusterKind>(kind: K, where?: Where): AsyncIterable<readonly KubeObjects[K][]>;
  /** @returns the object as the server has it now; nothing for an eviction */
  write<K extends ClusterKind>(to: Ref<K>, write: Write, options: WriteOptions): Promise<KubeObjects[K]>;
  serverVersion(): Promise<{ readonly gitVersion: string }>;
  /** Whether you have a right (authorization.k8s.io/v1 SelfSubjectAccessReview). The server stores nothing. */
  may(right: Right): Promise<boolean>;
  /** Whether a member of these groups has a right (authorization.k8s.io/v1 SubjectAccessReview). The server stores nothing. */
  groupsMay(groups: readonly string[], right: Right): Promise<boolean>;
  /** A token of a ServiceAccount for an audience, valid for ten minutes (authentication.k8s.io/v1 TokenRequest). */
  requestToken(of: Ref<"serviceaccount">, audience: string): Promise<Sensitive>;
  /** Your user name in the cluster (authentication.k8s.io/v1 SelfSubjectReview); "" if unknown. The server stores nothing. */
  user(): Promise<string>;
  /** The metrics of a node's kubelet, in Prometheus' text format. Requires the right to get `nodes/proxy`. */
  nodeMetrics(node: string): Promise<string>;
  /** The response of `/configz` of a node's kubelet. Requires the same right. */
  nodeConfig(node: string): Promise<Json>;
  /** The issuer of ServiceAccount tokens (OpenID Connect Discovery 1.0); undefined if the server names none. */
  issuer(): Promise<string | undefined>;
  /** The context that a printed command must name: the run's, if it was the kubeconfig's current one and that has changed since. */
  contextToName?(): string | undefined;
  /** @throws CliError config without kubectl */
  kubectl(): Promise<KubectlFacts>;
  /** The time of the API server in epoch milliseconds, by its last response (`Date`, RFC 9110 6.6.1); before that, of this machine. */
  now(): number;
  /** Ends the transport. A later call opens it again. */
  close(): Promise<void>;
};

export async function listAll<K extends ClusterKind>(cluster: Pick<Cluster, "pages">, kind: K, where?: Where): Promise<KubeObjects[K][]> {
  return (await Array.fromAsync(cluster.pages(kind, where))).flat();
}

export type Configured = "contexts" | "clusters" | "users";

/** The global kubectl flags of a command line. */
export type KubeFlags = {
  /** Flags to pass to kubectl unchanged: `["--context=prod", "--as=jane"]`. */
  readonly forward: readonly string[];
  /** `-n`; absent means the context's namespace. */
  readonly namespace?: string;
  /** Milliseconds for one request; 0 means no limit (kubectl's default). */
  readonly requestTimeout: number;
};

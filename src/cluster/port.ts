import type { ClusterKind, Ref } from "../kinds.ts";
import type { KubeObjects } from "../objects.ts";

/** Which objects of a kind are listed (meta/v1 ListOptions). */
export type Where = {
  /** Absent: of all namespaces. */
  readonly namespace?: string | undefined;
  readonly labels?: string | undefined;
  /** `metadata.name=default`, `status.phase=Pending`. */
  readonly fields?: string | undefined;
  /** The objects' metadata alone: nothing else goes over the wire. */
  readonly metadataOnly?: boolean | undefined;
};

/** What an object has to be for a write to happen (meta/v1 Preconditions): another one of the same name is left alone. */
export type Preconditions = { readonly uid: string; readonly version?: string };

export type Write =
  /** Only where there is none: POST. */
  | { readonly create: object }
  /** A JSON merge patch (RFC 7386); with `metadata.resourceVersion` in it, only on that version. */
  | { readonly patch: object }
  | { readonly delete: Preconditions }
  /** By the Eviction API (policy/v1), which heeds PodDisruptionBudgets. */
  | { readonly evict: Preconditions };

/** With `dryRun` the server checks a write and stores nothing (`?dryRun=All`). */
export type WriteOptions = { readonly dryRun: boolean; readonly fieldManager: string };

/**
 * One cluster. Reads give `undefined` for what is not there (404); every other refusal is a CliError with the server's own sentence.
 * Writes throw Conflict on 409.
 */
export type Cluster = {
  /** The namespace that goes with it when no flag names one: the context's, else `default`. */
  namespace(): Promise<string>;
  get<K extends ClusterKind>(to: Ref<K>): Promise<KubeObjects[K] | undefined>;
  /** The objects page by page, in the order of their keys (`namespace/name`), and never all at once. */
  pages<K extends ClusterKind>(kind: K, where?: Where): AsyncIterable<readonly KubeObjects[K][]>;
  /** @returns the object as the server now has it; nothing of an eviction */
  write<K extends ClusterKind>(to: Ref<K>, write: Write, options: WriteOptions): Promise<KubeObjects[K]>;
  /** GET /version of the API server. */
  serverVersion(): Promise<{ readonly gitVersion: string }>;
  /** The context that a printed command must name: the run's, if it was the kubeconfig's current one and is not any more. */
  contextToName?(): string | undefined;
  /** Ends the transport; a later call opens it again. */
  close(): Promise<void>;
};

/** The objects of every page, for lists that are short. */
export async function listAll<K extends ClusterKind>(cluster: Pick<Cluster, "pages">, kind: K, where?: Where): Promise<KubeObjects[K][]> {
  const items: KubeObjects[K][] = [];
  for await (const page of cluster.pages(kind, where)) items.push(...page);
  return items;
}

/** The names in a kubeconfig. */
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

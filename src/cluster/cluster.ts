import type { Cluster, KubeFlags, Named, Trace, WriteOptions } from "../context.ts";
import type { Metadata, Pod, Secret, ServiceAccount } from "../objects.ts";
import { apiClient, type Client } from "./client.ts";
import { type ConnectionOptions, connection } from "./connect.ts";
import { listPath, objectPath, type Resource } from "./path.ts";
import { sender } from "./send.ts";

export type ClusterOptions = ConnectionOptions & {
  readonly kube: KubeFlags;
  readonly trace: Trace;
  readonly signal: AbortSignal;
  /** The User-Agent: `kubectl-acr-secret/v1.2.3`. */
  readonly userAgent: string;
  sleep(milliseconds: number): Promise<void>;
  /** Called with each different warning of the API server. */
  onWarning(text: string): void;
};

/** The cluster port, and a way to start what it needs before the first call, so that other work overlaps with it. */
export type OpenedCluster = Cluster & {
  /** Starts the transport and asks for the namespace; failures show in the calls that need them. */
  warm(): void;
};

/** Opens the cluster that kubectl would talk to with these flags. Nothing runs before the first call. */
export function openCluster(options: ClusterOptions): OpenedCluster {
  const { kube } = options;
  const link = connection(options);
  const client = apiClient(
    sender({ ...options, transport: link.transport, requestTimeout: kube.requestTimeout, explain: link.explain }),
    options.userAgent,
  );
  return {
    warm: () => {
      link.transport.open().catch(() => {});
      if (kube.namespace === undefined) link.namespace().catch(() => {});
    },
    namespace: async () => kube.namespace ?? (await link.namespace()),
    ...reads(client),
    ...writes(client),
    close: () => link.transport.close(),
  };
}

function reads(client: Client) {
  const list = <T>(resource: Resource, kind: string, namespace: string | undefined, labelSelector?: string) =>
    // The items of a list do not say what they are
    client
      .list<T>((page) => listPath(resource, namespace, { labelSelector, ...page }))
      .then((items) => items.map((item) => ({ apiVersion: "v1", kind, ...item })));

  return {
    namespaceUid: async (name) =>
      (await client.read<{ metadata: { uid: string } }>(`/api/v1/namespaces/${encodeURIComponent(name)}`))?.metadata.uid,
    namespaces: async () => (await list<{ metadata: Metadata }>("namespaces", "Namespace", undefined)).map(({ metadata }) => metadata.name),
    secret: (at) => client.read<Secret>(objectPath("secrets", at)),
    secrets: (namespace, labelSelector) => list<Secret>("secrets", "Secret", namespace, labelSelector),
    serviceAccount: (at) => client.read<ServiceAccount>(objectPath("serviceaccounts", at)),
    serviceAccounts: (namespace, labelSelector) => list<ServiceAccount>("serviceaccounts", "ServiceAccount", namespace, labelSelector),
    pods: (namespace, labelSelector) => list<Pod>("pods", "Pod", namespace, labelSelector),
    serverVersion: async () => (await client.read<{ gitVersion: string }>("/version")) ?? { gitVersion: "unknown" },
  } satisfies Partial<Cluster>;
}

function writes(client: Client) {
  const remove = (resource: Resource, at: Named & { readonly uid: string }, { dryRun }: WriteOptions) =>
    client.write<void>({
      method: "DELETE",
      path: objectPath(resource, at),
      type: "application/json",
      body: {
        apiVersion: "v1",
        kind: "DeleteOptions",
        preconditions: { uid: at.uid },
        propagationPolicy: "Background",
        ...(dryRun ? { dryRun: ["All"] } : {}),
      },
    });

  return {
    applySecret: (manifest, { force, ...options }) =>
      client.write<Secret>({
        method: "PATCH",
        path: objectPath("secrets", place(manifest), { ...query(options), force }),
        type: "application/apply-patch+yaml",
        body: manifest,
        contents: manifest.data,
      }),
    setPullSecrets: (seen, names, options) =>
      client.write<ServiceAccount>({
        method: "PATCH",
        path: objectPath("serviceaccounts", place(seen), query(options)),
        type: "application/merge-patch+json",
        body: {
          metadata: { resourceVersion: seen.metadata.resourceVersion },
          imagePullSecrets: names.map((name) => ({ name })),
        },
      }),
    deleteSecret: (at, options) => remove("secrets", at, options),
    deletePod: (at, options) => remove("pods", at, options),
  } satisfies Partial<Cluster>;
}

const place = ({ metadata }: Secret | ServiceAccount): Named => ({ namespace: metadata.namespace ?? "default", name: metadata.name });

const query = ({ dryRun, fieldManager }: WriteOptions) => ({ fieldManager, dryRun: dryRun ? "All" : undefined });

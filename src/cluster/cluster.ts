import type { Trace } from "../env.ts";
import { type ClusterKind, kinds, type Ref } from "../kinds.ts";
import type { KubeObjects } from "../objects.ts";
import { apiClient, type Client, type WriteRequest } from "./client.ts";
import { type ConnectionOptions, connection } from "./connect.ts";
import type { Pace } from "./pace.ts";
import { listPath, objectPath } from "./path.ts";
import type { Cluster, KubeFlags, Preconditions, Write, WriteOptions } from "./port.ts";
import { sender } from "./send.ts";

export type ClusterOptions = ConnectionOptions & {
  readonly kube: KubeFlags;
  readonly trace: Trace;
  readonly pace?: Pace | undefined;
  /** The User-Agent: `kubectl-acr-secret/v1.2.3`. */
  readonly userAgent: string;
  sleep(milliseconds: number): Promise<void>;
  /** Called once for each different warning of the API server. */
  onWarning(text: string): void;
};

/** The cluster port, with a method to start what it needs before the first call, so that other work overlaps with the start. */
export type OpenedCluster = Cluster & {
  /** Starts the transport and requests the namespace. Errors are thrown by the calls that need them. */
  warm(): void;
};

/** Opens the cluster that kubectl would use with these flags. Starts nothing before the first call. */
export function openCluster(options: ClusterOptions): OpenedCluster {
  const { kube } = options;
  const link = connection(options);
  const client = apiClient(sender({ ...options, ...link, requestTimeout: kube.requestTimeout }), options.userAgent);
  return {
    warm: () => {
      link.transport.open().catch(() => {});
      if (kube.namespace === undefined) link.namespace().catch(() => {});
    },
    namespace: async () => kube.namespace ?? (await link.namespace()),
    ...objects(client),
    serverVersion: async () => (await client.read<{ gitVersion: string }>("/version")) ?? { gitVersion: "unknown" },
    contextToName: link.contextToName,
    close: () => link.transport.close(),
  };
}

function objects(client: Client): Pick<Cluster, "get" | "pages" | "write"> {
  return {
    get: (to) => client.read(objectPath(to)),
    pages: async function* <K extends ClusterKind>(
      kind: K,
      { namespace, labels, fields, metadataOnly }: Parameters<Cluster["pages"]>[1] = {},
    ) {
      const { api, kind: name } = kinds[kind];
      const path = (page: object) => listPath(kind, namespace, { labelSelector: labels, fieldSelector: fields, ...page });
      // The items of a list have no kind
      for await (const page of client.pages<object>(path, metadataOnly))
        yield page.map((item) => whole<K>({ ...item, apiVersion: api, kind: name }));
    },
    write: async (to, write, options) => whole(await client.write<object>(requestFor(to, write, options))),
  };
}

/** An object of a kind, as the server returned it. */
const whole = <K extends ClusterKind>(object: object) => object as KubeObjects[K];

function requestFor(to: Ref<ClusterKind>, write: Write, options: WriteOptions): WriteRequest {
  const query = { fieldManager: options.fieldManager, dryRun: options.dryRun ? "All" : undefined };
  if ("create" in write)
    return {
      method: "POST",
      path: listPath(to.kind, to.namespace, query),
      type: "application/json",
      body: write.create,
      contents: contentsOf(write.create),
    };
  if ("patch" in write)
    return {
      method: "PATCH",
      path: objectPath(to, query),
      type: "application/merge-patch+json",
      body: write.patch,
      contents: contentsOf(write.patch),
    };
  if ("delete" in write)
    return { method: "DELETE", path: objectPath(to), type: "application/json", body: deleteOptions(write.delete, options) };
  const { namespace, name } = to;
  const body = {
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { name, namespace },
    deleteOptions: deleteOptions(write.evict, options),
  };
  return { method: "POST", path: objectPath(to, {}, "eviction"), type: "application/json", body };
}

/** meta/v1 DeleteOptions. */
const deleteOptions = ({ uid, version }: Preconditions, { dryRun }: WriteOptions) => ({
  apiVersion: "v1",
  kind: "DeleteOptions",
  preconditions: { uid, resourceVersion: version },
  propagationPolicy: "Background",
  dryRun: dryRun ? ["All"] : undefined,
});

/** The contents of a Secret, which no output may repeat. */
function contentsOf(body: object): Readonly<Record<string, string>> | undefined {
  const { data } = body as { data?: Readonly<Record<string, string>> };
  return data;
}

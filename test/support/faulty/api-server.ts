import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { Calls } from "../../../sandbox/azure/calls.ts";
import { createCalls } from "../../../sandbox/azure/calls.ts";
import { createFaults, type Faults } from "../../../sandbox/azure/faults.ts";
import { struck } from "../../../sandbox/azure/front.ts";
import { type Answer, type Ask, readAsk, send } from "../../../sandbox/azure/http.ts";
import type { KeyPair } from "../../../sandbox/pki.ts";
import { CliError } from "../../../src/errors.ts";
import { openInterruption } from "../../../src/interruption.ts";
import { type ClusterKind, kinds, type Ref } from "../../../src/kinds.ts";
import type { Cluster, Write, WriteOptions } from "../../../src/kube/port.ts";
import type { FakeCluster } from "../fakes/cluster.ts";

/** A fake cluster over HTTP, as a pod reaches its API server, so that every fault can affect its requests. */
export type ApiServer = {
  readonly port: number;
  readonly calls: Calls;
  readonly faults: Faults;
  /** Serves this cluster from now on. */
  serve(cluster: FakeCluster): void;
  stop(): Promise<void>;
};

/** The host name of its calls and faults. */
export const apiHost = "kubernetes";

export async function startApiServer({ certificate, key }: KeyPair): Promise<ApiServer> {
  const faults = createFaults(Date.now);
  const calls = createCalls();
  let cluster: Cluster | undefined;
  const server: Server = createServer({ cert: certificate, key }, (request, response) => {
    const call = calls.add({ method: request.method ?? "", host: apiHost, path: request.url ?? "", status: 0, userAgent: "" });
    const service = struck({ faults }, call, async () => {
      const ask = await readAsk(request, apiHost);
      send(response, cluster ? await answer(ask, cluster) : status(503, "nothing is served"));
    });
    service(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    calls,
    faults,
    serve: (fake) => {
      cluster = fake.open({ kube: { forward: [], requestTimeout: 0 }, interruption: openInterruption() });
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Returns a meta/v1 Status. */
export const status = (code: number, message: string, reason = ""): Answer => ({
  status: code,
  body: { kind: "Status", apiVersion: "v1", status: "Failure", message, reason, code, details: { name: "it" } },
});

const codes: Readonly<Record<string, readonly [number, string]>> = {
  notFound: [404, "NotFound"],
  conflict: [409, "Conflict"],
  forbidden: [403, "Forbidden"],
  invalid: [422, "Invalid"],
};

async function answer(ask: Ask, cluster: Cluster): Promise<Answer> {
  try {
    return await carryOut(ask, cluster);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const [code, reason] = codes[error.kind] ?? [500, "InternalError"];
    return status(code, error.message, reason);
  }
}

/** The object of a path: `/api/v1/namespaces/demo/secrets/acr`, `/apis/apps/v1/namespaces/demo/deployments`, `/api/v1/namespaces/demo`. */
type Target = { readonly kind: ClusterKind; readonly namespace?: string; readonly name: string; readonly evicts: boolean };

function targetOf(path: string): Target | undefined {
  const [, api, namespace, plural, name = "", below] =
    /^\/apis?\/((?:[a-z]+\/)?v1)(?:\/namespaces\/([^/]+))?(?:\/([a-z]+))?(?:\/([^/]+))?(\/eviction)?$/.exec(path) ?? [];
  if (plural === undefined) return api === "v1" ? { kind: "namespace", name: namespace ?? "", evicts: false } : undefined;
  const kind = (Object.keys(kinds) as ClusterKind[]).find(
    (one) => "plural" in kinds[one] && kinds[one].plural === plural && kinds[one].api === api,
  );
  return kind && { kind, name, evicts: below !== undefined, ...(namespace !== undefined && { namespace }) };
}

async function carryOut(ask: Ask, cluster: Cluster): Promise<Answer> {
  const target = targetOf(ask.path);
  if (!target) return status(404, `no such path: ${ask.path}`);
  const { evicts, ...to } = target;
  if (ask.method !== "GET") return write(cluster, to, ask, evicts);
  return to.name === "" ? list(cluster, to.kind, to.namespace, ask) : read(cluster, to);
}

async function write(cluster: Cluster, to: Ref<ClusterKind>, ask: Ask, evicts: boolean): Promise<Answer> {
  const body = JSON.parse(ask.body.toString("utf8")) as Body;
  const named = to.name === "" ? { ...to, name: body.metadata?.name ?? "" } : to;
  const written = await cluster.write(named, writeOf(ask, body, evicts), optionsOf(ask, body));
  return { status: ask.method === "POST" ? 201 : 200, body: written };
}

async function read(cluster: Cluster, to: Ref<ClusterKind>): Promise<Answer> {
  const object = await cluster.get(to);
  return object ? { status: 200, body: object } : status(404, `${to.kind} "${to.name}" not found`, "NotFound");
}

async function list(cluster: Cluster, kind: ClusterKind, namespace: string | undefined, { query }: Ask): Promise<Answer> {
  const items: object[] = [];
  const where = { namespace, labels: query.get("labelSelector") ?? undefined, fields: query.get("fieldSelector") ?? undefined };
  for await (const page of cluster.pages(kind, where)) items.push(...page);
  return { status: 200, body: { kind: "List", apiVersion: "v1", metadata: {}, items } };
}

function writeOf({ method }: Ask, body: Body, evicts: boolean): Write {
  if (method === "PATCH") return { patch: body };
  if (method === "POST" && !evicts) return { create: body };
  const { uid = "", resourceVersion: version } = (body.deleteOptions ?? body).preconditions ?? {};
  const of = { uid, ...(version !== undefined && { version }) };
  return evicts ? { evict: of } : { delete: of };
}

function optionsOf({ query }: Ask, body: Body): WriteOptions {
  const { dryRun } = body.deleteOptions ?? body;
  return { dryRun: query.get("dryRun") === "All" || dryRun !== undefined, fieldManager: query.get("fieldManager") ?? "" };
}

type Options = {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: readonly string[];
};
type Body = Options & { readonly metadata?: { readonly name?: string }; readonly deleteOptions?: Options };

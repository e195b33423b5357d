import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { acr } from "./acr/acr.ts";
import { blobs } from "./acr/blobs.ts";
import { dataPlane } from "./acr/data-plane.ts";
import { blocked } from "./acr/errors.ts";
import { arm } from "./arm/arm.ts";
import { entra } from "./entra/entra.ts";
import { graph } from "./graph/graph.ts";
import { type Answer, type Ask, Refused, readAsk, send } from "./http.ts";
import type { State } from "./state.ts";
import { dataHost, regionalHosts } from "./world.ts";

/** The server for all of Azure's host names. */
type Front = {
  reaches(host: string): boolean;
  /** Accepts a connection that a client opened to one of the host names. */
  enter(connection: Duplex): void;
  stop(): Promise<void>;
};

const services: Readonly<Record<string, (ask: Ask, state: State) => Promise<Answer>>> = {
  "login.microsoftonline.com": entra,
  "management.azure.com": arm,
  "graph.microsoft.com": graph,
};

type Service = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Serves every emulated host with one certificate. Applies faults and counts calls before a service gets the request. */
export function createFront(state: State, { certificate, key }: { certificate: string; key: string }): Front {
  const serviceOf = (host: string): Service | undefined => {
    const plain = (service: (ask: Ask, state: State) => Promise<Answer>): Service => answering(host, (ask) => service(ask, state));
    const controlPlane = services[host];
    if (controlPlane) return plain(controlPlane);
    const registry = state.world.registries.find((one) => one.loginServer === host || regionalHosts(one).includes(host));
    if (registry) {
      return async (request, response) => {
        response.setHeader("server", "openresty");
        if (registry.publicNetworkAccess === "Disabled") return send(response, blocked());
        if (/^\/v2(\/|\?|$)/.test(request.url ?? "")) return dataPlane(request, response, state, registry, host);
        return answering(host, (ask) => acr(ask, state, registry))(request, response);
      };
    }
    if (!state.world.registries.some((one) => dataHost(one) === host)) return undefined;
    return async (request, response) => blobs(await readAsk(request, host), response, state);
  };

  const server = createServer({ cert: certificate, key, ALPNProtocols: ["http/1.1"] }, (request, response) => {
    // The host name of the TLS handshake counts. A different Host header is a mistake of the client.
    const host = String((request.socket as TLSSocket).servername || "").toLowerCase();
    const named = (request.headers.host ?? "").toLowerCase().replace(/:443$/, "");
    const call = state.calls.add({
      method: request.method ?? "",
      host,
      path: request.url ?? "",
      status: 0,
      userAgent: request.headers["user-agent"] ?? "",
    });
    response.on("finish", () => {
      call.status = response.statusCode;
    });
    response.setHeaders(new Map(Object.entries(identifiers(host, request))));
    const service = named === host ? serviceOf(host) : undefined;
    const work = service ? struck(state, call, service)(request, response) : Promise.resolve(send(response, { status: 421 }));
    work.catch((error: unknown) => fail(response, error));
  });
  server.on("tlsClientError", () => {});

  return {
    reaches: (host) => serviceOf(host) !== undefined,
    enter: (connection) => void server.emit("connection", connection),
    stop: async () => {
      server.closeAllConnections();
    },
  };
}

/** A service with small requests, whose bodies are read completely. */
function answering(host: string, answer: (ask: Ask) => Promise<Answer>): Service {
  return async (request, response) => {
    try {
      send(response, await answer(await readAsk(request, host)));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      send(response, error.answer);
    }
  };
}

/** Applies the faults to the requests of a service. */
export function struck(
  { faults }: Pick<State, "faults">,
  call: { readonly method: string; readonly host: string; readonly path: string },
  service: Service,
): Service {
  return async (request, response) => {
    const { wait, drop, lose, answer } = faults.strike(call);
    if (wait > 0) await sleep(wait, undefined, { ref: false });
    if (lose) breakOff(response, lose);
    if (drop) request.socket.destroy();
    else if (answer) send(response, answer);
    else await service(request, response);
  };
}

/** Closes the connection instead of sending the response, or in the middle of its body. */
function breakOff(response: ServerResponse, lose: "all" | "half"): void {
  const write = response.write.bind(response);
  let broken = false;
  const cut = (body?: unknown): boolean => {
    const half = lose === "half" && Buffer.isBuffer(body) ? body.subarray(0, Math.floor(body.length / 2)) : Buffer.alloc(0);
    if (half.length === 0 && !broken) response.socket?.destroy();
    else if (!broken) write(half, () => response.socket?.destroy());
    broken = true;
    return true;
  };
  response.write = cut;
  response.end = (body?: unknown) => {
    cut(body);
    return response;
  };
}

/** Returns the headers by which Azure's support finds a request. Identifiers from the client are returned to it. */
function identifiers(host: string, { headers }: IncomingMessage): Record<string, string> {
  const correlation = headers["x-ms-correlation-request-id"];
  if (host === "management.azure.com")
    return { "x-ms-request-id": randomUUID(), "x-ms-correlation-request-id": typeof correlation === "string" ? correlation : randomUUID() };
  if (host !== "graph.microsoft.com") return {};
  const client = headers["client-request-id"];
  const id = randomUUID();
  return { "request-id": id, "client-request-id": typeof client === "string" ? client : id };
}

/** Makes a defect of the emulator visible. A client that closed its connection is not a defect. */
function fail(response: ServerResponse, error: unknown): void {
  if (response.destroyed || response.headersSent) {
    response.destroy();
    return;
  }
  send(response, {
    status: 500,
    body: { error: { code: "EmulatorDefect", message: error instanceof Error ? (error.stack ?? error.message) : String(error) } },
  });
}

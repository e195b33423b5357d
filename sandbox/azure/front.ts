import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { acr } from "./acr/acr.ts";
import { blobs, dataHost } from "./acr/blobs.ts";
import { dataPlane } from "./acr/data-plane.ts";
import { blocked } from "./acr/errors.ts";
import { arm } from "./arm/arm.ts";
import { entra } from "./entra/entra.ts";
import { graph } from "./graph/graph.ts";
import { type Answer, type Ask, Refused, readAsk, send } from "./http.ts";
import type { State } from "./state.ts";

/** The server behind all of Azure's names. */
export type Front = {
  reaches(host: string): boolean;
  /** Takes a connection that believes it has reached one of the names. */
  enter(connection: Duplex): void;
  stop(): Promise<void>;
};

type Service = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Serves every emulated host behind one certificate; faults strike and calls are counted before a service sees a request. */
export function createFront(state: State, { certificate, key }: { certificate: string; key: string }): Front {
  const serviceOf = (host: string): Service | undefined => {
    const plain = (service: (ask: Ask, state: State) => Promise<Answer>): Service => answering(host, (ask) => service(ask, state));
    if (host === "login.microsoftonline.com") return plain(entra);
    if (host === "management.azure.com") return plain(arm);
    if (host === "graph.microsoft.com") return plain(graph);
    const registry = state.world.registries.find((one) => one.loginServer === host);
    if (registry) {
      return async (request, response) => {
        if (registry.publicNetworkAccess === "Disabled") return send(response, blocked);
        if (/^\/v2(\/|\?|$)/.test(request.url ?? "")) return dataPlane(request, response, state, registry);
        return answering(host, (ask) => acr(ask, state, registry))(request, response);
      };
    }
    const owner = state.world.registries.find((one) => dataHost(one) === host);
    return owner && (async (request, response) => blobs(await readAsk(request, host), response, state, owner));
  };

  const server = createServer({ cert: certificate, key, ALPNProtocols: ["http/1.1"] }, (request, response) => {
    // The name of the handshake holds: a Host header that names another server is a mistake of the client.
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

/** A service whose requests are small: their bodies are read whole. */
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

function struck(state: State, call: { method: string; host: string; path: string }, service: Service): Service {
  return async (request, response) => {
    const { wait, drop, answer } = state.faults.strike(call);
    if (wait > 0) await sleep(wait, undefined, { ref: false });
    if (drop) request.socket.destroy();
    else if (answer) send(response, answer);
    else await service(request, response);
  };
}

/** A defect of the emulator must be seen as one. A client that has gone away is none. */
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

import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Api, Call } from "./api.ts";

/** A server between kubectl and the API server that records all requests. */
export type Recorder = {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** The requests so far, in order. */
  readonly calls: readonly Call[];
  stop(): void;
};

/** Headers that are part of the request. kubectl adds its own headers anyway. */
const kept = ["accept", "content-type", "user-agent"];

export async function startRecorder(api: Api): Promise<Recorder> {
  const calls: Call[] = [];
  const server = createServer(async (request, response) => {
    const call = { method: request.method ?? "", path: request.url ?? "", headers: headersOf(request), body: await text(request) };
    calls.push(call);
    const reply = await api.send({ ...call, body: call.body || undefined });
    response.writeHead(reply.status, { "content-type": "application/json" }).end(reply.text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, calls, stop: () => void server.close(() => {}) };
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(kept.flatMap((name) => (typeof headers[name] === "string" ? [[name, headers[name]]] : [])));
}

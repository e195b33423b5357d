import type { Readable } from "node:stream";
import { inWords } from "../duration.ts";
import type { Sleep } from "../env.ts";
import type { Http, HttpRequest, HttpResponse } from "./message.ts";
import { NetworkError } from "./network-error.ts";
import { retryDelay } from "./retry.ts";
import type { OpenHttpClient } from "./transport.ts";

type HttpOptions = { readonly transport: OpenHttpClient; readonly sleep: Sleep };

const attempts = 4;

export function openHttp({ transport, sleep }: HttpOptions): Http {
  return (request) => repeated(request, sleep, () => sendOnce(request));

  async function sendOnce({ method, url, headers, body, maxBytes }: HttpRequest): Promise<HttpResponse> {
    const { createHttpHeaders, createPipelineRequest } = await import("@azure/core-rest-pipeline");
    const client = await transport();
    const all = createHttpHeaders({ "User-Agent": "kubectl-acr-secret", ...headers });
    const streamed = maxBytes === undefined ? {} : { streamResponseStatusCodes: everyStatus };
    const response = await client.sendRequest(createPipelineRequest({ method, url, headers: all, body, ...streamed }));
    const { status, readableStreamBody: stream, bodyAsText = "" } = response;
    const text = stream && maxBytes !== undefined ? await firstBytes(stream, url, maxBytes) : bodyAsText;
    return { status, header: (name) => response.headers.get(name), text: text ?? "" };
  }
}

/** Sends a request again while its response is temporary. @throws NetworkError */
export async function repeated<R extends HttpResponse>(
  request: Pick<HttpRequest, "method" | "url" | "isRead">,
  sleep: Sleep,
  send: () => Promise<R>,
): Promise<R> {
  for (let attempt = 1; ; attempt++) {
    const answer = await send().catch((error: unknown) => {
      if (error instanceof NetworkError) return error;
      throw error;
    });
    const delay = attempt < attempts ? retryDelay(request, answer, attempt) : undefined;
    if (delay === undefined) {
      if (answer instanceof NetworkError) throw answer;
      return answer;
    }
    await sleep(delay, waitingForServer(request, answer, delay));
  }
}

const waitingForServer = ({ url }: Pick<HttpRequest, "url">, answer: HttpResponse | NetworkError, delay: number): string =>
  `waiting ${inWords(delay)} for ${new URL(url).host}: ${answer instanceof NetworkError ? answer.message : `HTTP ${answer.status}`}`;

/** The library's value for every status. */
const everyStatus = new Set([Number.POSITIVE_INFINITY]);

/** Milliseconds for the first bytes of a body: the library's timeout ends with the headers. */
const bodyTimeout = 30_000;

async function firstBytes(stream: NodeJS.ReadableStream, url: string, maxBytes: number): Promise<string> {
  const { host } = new URL(url);
  const readable = stream as Readable;
  const late = new NetworkError("timeout", `${host} did not send the first bytes within ${bodyTimeout / 1000} seconds`);
  const timer = setTimeout(() => readable.destroy(late), bodyTimeout);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Leaving the loop destroys the stream
    for await (const chunk of readable) {
      chunks.push(Buffer.from(chunk));
      size += chunk.length;
      if (size >= maxBytes) break;
    }
  } catch (error) {
    throw error === late ? late : new NetworkError("interrupted", `the connection to ${host} was interrupted`);
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString();
}

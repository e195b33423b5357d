import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";

/** One request to an emulated service, with its body. `path` is decoded and has no query. */
export type Ask = {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

/** A response. A `body` that is not a Buffer is sent as JSON. */
export type Answer = { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown };

/** Thrown by any function below a service. Holds the response that rejects the request. */
export class Refused extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(`refused with ${answer.status}`);
    this.answer = answer;
  }
}

/** Reads a request's body, at most 4 MiB. Azure's control planes accept no larger one. */
export async function readAsk(request: IncomingMessage, host: string): Promise<Ask> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > 4 << 20)
      throw new Refused({ status: 413, body: { error: { code: "RequestEntityTooLarge", message: "The request is too large." } } });
    chunks.push(chunk);
  }
  const url = new URL(request.url ?? "/", `https://${host}`);
  return {
    method: request.method ?? "GET",
    host,
    path: decodePath(url.pathname),
    query: url.searchParams,
    headers: request.headers,
    body: Buffer.concat(chunks),
  };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Sends a complete response. */
export function send(response: ServerResponse, { status, headers = {}, body }: Answer): void {
  const bytes = body === undefined ? Buffer.alloc(0) : Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const type = body === undefined || Buffer.isBuffer(body) ? {} : { "content-type": "application/json; charset=utf-8" };
  response.writeHead(status, { ...type, "content-length": bytes.length, ...headers });
  response.end(bytes);
}

/** Returns the fields of an application/x-www-form-urlencoded body, or undefined for another media type. */
export function form(ask: Ask): URLSearchParams | undefined {
  if (mediaType(ask.headers) !== "application/x-www-form-urlencoded") return undefined;
  return new URLSearchParams(ask.body.toString("utf8"));
}

/** Returns the media type of a message, without its parameters. */
export function mediaType(headers: IncomingHttpHeaders): string {
  return (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

/** Returns the token of an `Authorization: Bearer` header. */
export function bearer(headers: IncomingHttpHeaders): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
}

/** Returns the user name and password of an `Authorization: Basic` header. */
export function basic(headers: IncomingHttpHeaders): { username: string; password: string } | undefined {
  const encoded = /^Basic +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

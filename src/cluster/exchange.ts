import http from "node:http";
import type { RequestOptions } from "node:https";
import https from "node:https";
import { onAbort } from "./within.ts";

/** One HTTP/1.1 endpoint that speaks for the API server. */
export type Endpoint = {
  /** Where to connect: `socketPath`, or `host` and `port`; with the keep-alive agent. */
  readonly connect: RequestOptions;
  readonly secure: boolean;
  /** What stands before every API path: "" or "/prefix". */
  readonly prefix: string;
  /** Headers that every request carries, such as a fresh bearer token. */
  headers(): Promise<Readonly<Record<string, string>>>;
  /** How many endpoints of this transport have ended before this one. */
  readonly restarts?: number;
};

/** A way to the API server. `open` starts it at the first call, and again after `close` or after it has ended. */
export type Transport = {
  open(): Promise<Endpoint>;
  close(): Promise<void>;
};

export type Method = "GET" | "POST" | "PATCH" | "DELETE";

/** One HTTP request to the API server; `path` has its query. */
export type Request = {
  readonly method: Method;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Secret `data` of the body, which nothing that is shown may repeat. */
  readonly contents?: Readonly<Record<string, string>> | undefined;
};

export type Answer = {
  readonly status: number;
  /** The reason phrase, `OK`. */
  readonly phrase: string;
  readonly type: string;
  /** Seconds, as sent. */
  readonly retryAfter: string | undefined;
  /** Every `Warning` header by itself, as sent. */
  readonly warnings: readonly string[];
  readonly text: string;
};

/**
 * Sends one request and reads the whole answer, whatever its status.
 * @throws Error with a `code` of Node's when there is no answer; AbortError or TimeoutError of the signal
 */
export async function exchange(endpoint: Endpoint, { method, path, headers, body }: Request, signal: AbortSignal): Promise<Answer> {
  const options: https.RequestOptions = {
    ...endpoint.connect,
    method,
    path: endpoint.prefix + path,
    headers: { ...headers, ...(await endpoint.headers()), ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }) },
  };
  return new Promise((resolve, reject) => {
    const request = (endpoint.secure ? https : http).request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          phrase: response.statusMessage ?? "",
          type: response.headers["content-type"] ?? "",
          retryAfter: response.headers["retry-after"],
          // To tell them apart costs as much as the rest of the answer, and few have one
          warnings: response.headers["warning"] === undefined ? [] : (response.headersDistinct["warning"] ?? []),
          text: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    const forget = onAbort(signal, () => request.destroy(signal.reason));
    request.on("error", reject);
    request.on("close", forget);
    request.end(body);
  });
}

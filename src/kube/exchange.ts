import http from "node:http";
import https from "node:https";
import type { CliError } from "../errors.ts";

/** One HTTP/1.1 endpoint for the API server. */
export type Endpoint = {
  /** The address: `socketPath`, or `host` and `port`; with the keep-alive agent. */
  readonly connect: https.RequestOptions;
  readonly secure: boolean;
  /** The prefix of every API path: "" or "/prefix". */
  readonly prefix: string;
  /** Headers of every request, such as a fresh bearer token. */
  headers(): Promise<Readonly<Record<string, string>>>;
  /** Returns the error to report for a broken connection if the program that serves this endpoint has ended. */
  ended?(): Promise<CliError | undefined>;
};

/** A connection to the API server. `open` starts it at the first call, and again after `close`. */
export type Transport = {
  open(): Promise<Endpoint>;
  close(): Promise<void>;
};

/** One HTTP request to the API server. `path` contains its query. */
export type Request = {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** The `data` of a Secret in the body, which no output may repeat. */
  readonly contents?: Readonly<Record<string, string>> | undefined;
  /** Drops the warnings of the response. */
  readonly isQuestion?: true | undefined;
  /** The most bytes to read of the response. */
  readonly most?: number | undefined;
};

export type Answer = {
  readonly status: number;
  /** The reason phrase, `OK`. */
  readonly phrase: string;
  readonly type: string;
  /** Seconds, as sent. */
  readonly retryAfter: string | undefined;
  readonly warnings: readonly string[];
  /** The time of the server, as sent. */
  readonly date?: string | undefined;
  readonly text: string;
  /** The response has more bytes than were asked for, and the text is empty. */
  readonly isTooLarge?: true | undefined;
};

/**
 * Sends one request and reads the response, whatever its status.
 * @throws Error with a `code` of Node's if there is no response; AbortError or TimeoutError of the signal
 */
export async function sendOnce(endpoint: Endpoint, { method, path, headers, body, most }: Request, signal: AbortSignal): Promise<Answer> {
  const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
  const options: https.RequestOptions = {
    ...endpoint.connect,
    method,
    path: endpoint.prefix + path,
    headers: { ...headers, ...(await endpoint.headers()), ...length },
  };
  return new Promise((resolve, reject) => {
    const request = (endpoint.secure ? https : http).request(options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const end = (isTooLarge?: true) =>
        resolve({
          status: response.statusCode ?? 0,
          phrase: response.statusMessage ?? "",
          type: response.headers["content-type"] ?? "",
          retryAfter: response.headers["retry-after"],
          warnings: response.headersDistinct["warning"] ?? [],
          date: response.headers.date,
          text: isTooLarge ? "" : Buffer.concat(chunks).toString("utf8"),
          isTooLarge,
        });
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (most === undefined || size <= most) return;
        end(true);
        response.destroy();
      });
      response.on("error", reject);
      response.on("end", () => end());
    });
    const stop = () => request.destroy(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    request.on("error", reject);
    request.on("close", () => signal.removeEventListener("abort", stop));
    request.end(body);
  });
}

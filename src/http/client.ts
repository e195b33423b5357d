import type { Env, Trace } from "../context.ts";
import { CliError } from "../errors.ts";
import { explainNetwork, NetworkError } from "./network-error.ts";
import { proxyFor } from "./proxy.ts";
import { redact } from "./redact.ts";
import { retryDelay } from "./retry.ts";
import { openTransport } from "./transport.ts";

export type HttpRequest = {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

export type HttpResponse = { readonly status: number; header(name: string): string | undefined; readonly text: string };

/**
 * Sends a request over TLS and gives whatever is answered; redirects are not followed.
 * Throttling (429, 503 with Retry-After) and, for requests that may be repeated, server errors are waited out a few times.
 * @throws NetworkError when no answer comes; CliError cancelled when the signal is aborted
 */
export type Http = (request: HttpRequest) => Promise<HttpResponse>;

export type HttpOptions = {
  readonly env: Env;
  readonly trace: Trace;
  readonly signal: AbortSignal;
  sleep(milliseconds: number): Promise<void>;
};

const attempts = 4;
const timeout = 30_000; // milliseconds for one attempt

/** Opens nothing yet: Azure's HTTP library is loaded by the first request. */
export function openHttp({ env, trace, signal, sleep }: HttpOptions): Http {
  let opened: ReturnType<typeof openTransport> | undefined;

  return async (request) => {
    for (let attempt = 1; ; attempt++) {
      const answer = await sendOnce(request).catch(networkError);
      const delay = attempt < attempts ? retryDelay(request.method, answer, attempt) : undefined;
      if (delay !== undefined) await sleep(delay);
      else if (answer instanceof NetworkError) throw answer;
      else return answer;
    }
  };

  async function sendOnce({ method, url, headers, body }: HttpRequest): Promise<HttpResponse> {
    const { createHttpHeaders, createPipelineRequest } = await import("@azure/core-rest-pipeline");
    opened ??= openTransport(env);
    const transport = await opened;
    const request = createPipelineRequest({
      method,
      url,
      headers: createHttpHeaders({ "User-Agent": "kubectl-acr-secret", ...headers }),
      ...(body === undefined ? {} : { body }),
      abortSignal: signal,
      timeout,
    });
    const started = performance.now();
    const line = (outcome: string) => `${method} ${redact(url)} ${outcome} in ${Math.round(performance.now() - started)} milliseconds`;
    if (body !== undefined) trace(8, () => `Request Body: ${redact(body)}`);
    try {
      const response = await transport.sendRequest(request);
      const text = response.bodyAsText ?? "";
      trace(6, () => line(String(response.status)));
      if (text !== "") trace(8, () => `Response Body: ${redact(text)}`);
      return { status: response.status, header: (name) => response.headers.get(name), text };
    } catch (error) {
      if (signal.aborted) throw new CliError("cancelled", "interrupted", { cause: error });
      if (error instanceof CliError) throw error;
      const { host } = new URL(url);
      const failure = isTimeout(error)
        ? new NetworkError("timeout", `${host} did not answer within ${timeout / 1000} seconds`, error)
        : explainNetwork(error, { host, proxy: proxyFor(url, env)?.host });
      trace(6, () => line(failure.message));
      throw failure;
    }
  }
}

function networkError(error: unknown): NetworkError {
  if (error instanceof NetworkError) return error;
  throw error;
}

/** The client aborts by itself when the time is up. */
const isTimeout = (error: unknown) => error instanceof Error && error.name === "AbortError";

import { Interrupted } from "../errors.ts";
import type { Http, HttpRequest, HttpResponse } from "./message.ts";
import { NetworkError } from "./network-error.ts";
import { retryDelay } from "./retry.ts";
import type { OpenHttpClient } from "./transport.ts";

export type HttpOptions = {
  readonly transport: OpenHttpClient;
  /**
   * Returns the signal that aborts a request. Called for each request, because a rollback after an interruption continues with another
   * signal.
   */
  signal(writes?: boolean): AbortSignal;
  sleep(milliseconds: number): Promise<void>;
};

const attempts = 4;
const timeout = 30_000; // milliseconds for one attempt

export function openHttp({ transport, signal, sleep }: HttpOptions): Http {
  return async (request) => {
    for (let attempt = 1; ; attempt++) {
      const answer = await sendOnce(request).catch(networkError);
      const delay = attempt < attempts ? retryDelay(request.method, answer, attempt) : undefined;
      if (delay === undefined) return answered(answer);
      await sleep(delay);
    }
  };

  async function sendOnce({ method, url, headers, body }: HttpRequest): Promise<HttpResponse> {
    const { createHttpHeaders, createPipelineRequest } = await import("@azure/core-rest-pipeline");
    const client = await transport();
    const ours = signal(method !== "GET");
    const request = createPipelineRequest({
      method,
      url,
      headers: createHttpHeaders({ "User-Agent": "kubectl-acr-secret", ...headers }),
      body,
      timeout,
    });
    const response = await client.sendRequest(request).catch((error: unknown) => {
      throw ours.aborted ? new Interrupted() : error;
    });
    return { status: response.status, header: (name) => response.headers.get(name), text: response.bodyAsText ?? "" };
  }
}

function answered(answer: HttpResponse | NetworkError): HttpResponse {
  if (answer instanceof NetworkError) throw answer;
  return answer;
}

function networkError(error: unknown): NetworkError {
  if (error instanceof NetworkError) return error;
  throw error;
}

import type { Http, HttpRequest, HttpResponse } from "./message.ts";
import { NetworkError } from "./network-error.ts";
import { retryDelay } from "./retry.ts";
import type { OpenHttpClient } from "./transport.ts";

type HttpOptions = { readonly transport: OpenHttpClient; sleep(milliseconds: number): Promise<void> };

const attempts = 4;

export function openHttp({ transport, sleep }: HttpOptions): Http {
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
    const all = createHttpHeaders({ "User-Agent": "kubectl-acr-secret", ...headers });
    const response = await client.sendRequest(createPipelineRequest({ method, url, headers: all, body }));
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

import type { HttpRequest, HttpResponse } from "./message.ts";
import { NetworkError } from "./network-error.ts";

/** In milliseconds. If the server asks for a longer delay, its response is returned instead. */
const maxDelay = 60_000;

/** The errors of a server, or of a proxy in front of it, that may be temporary. */
const temporaryStatuses = [408, 500, 502, 503, 504];

/**
 * Returns when to repeat a request; undefined if a repetition is useless or unsafe. A throttled request (429, or 503 with Retry-After) was
 * not applied, so any method may be repeated. After another server error or a broken connection, only idempotent methods are repeated (RFC
 * 9110 9.2.2).
 * @param attempt 1 for the first
 * @returns milliseconds
 */
export function retryDelay(method: HttpRequest["method"], answer: HttpResponse | NetworkError, attempt: number): number | undefined {
  const requested = requestedDelay(answer);
  if (requested !== undefined) return requested <= maxDelay ? requested : undefined;
  return isRepeatable(method, answer) ? 500 * 2 ** (attempt - 1) : undefined;
}

function requestedDelay(answer: HttpResponse | NetworkError): number | undefined {
  if (answer instanceof NetworkError) return undefined;
  return answer.status === 429 || answer.status === 503 ? retryAfter(answer) : undefined;
}

function isRepeatable(method: HttpRequest["method"], answer: HttpResponse | NetworkError): boolean {
  const idempotent = method !== "POST";
  if (answer instanceof NetworkError) return idempotent && answer.failure === "interrupted";
  return answer.status === 429 || (idempotent && temporaryStatuses.includes(answer.status));
}

/**
 * Returns Retry-After (RFC 9110 10.2.3) in milliseconds. Compares a date with the response's own Date, so that this machine's clock does
 * not matter.
 */
export function retryAfter(response: Pick<HttpResponse, "header">): number | undefined {
  const value = response.header("Retry-After")?.trim();
  if (!value) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const wait = Date.parse(value) - Date.parse(response.header("Date") ?? "");
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

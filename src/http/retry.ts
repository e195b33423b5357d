import type { HttpRequest, HttpResponse } from "./message.ts";
import { NetworkError } from "./network-error.ts";

/** Longer than this nobody waits in front of a terminal: the answer is given back instead. Milliseconds. */
const longest = 60_000;

/** The errors of a server, or of a proxy before it, that may be gone the next time. */
const passing = [408, 500, 502, 503, 504];

/**
 * How long to wait before asking again; undefined when asking again is of no use or not safe.
 * A request that was turned away (429, or 503 with Retry-After) was not carried out, so any may be repeated;
 * after another server error or a broken connection only those that are idempotent (RFC 9110 9.2.2).
 * @param attempt 1 for the first
 * @returns milliseconds
 */
export function retryDelay(method: HttpRequest["method"], answer: HttpResponse | NetworkError, attempt: number): number | undefined {
  const wished = wishedDelay(answer);
  if (wished !== undefined) return wished <= longest ? wished : undefined;
  return isRepeatable(method, answer) ? 500 * 2 ** (attempt - 1) : undefined;
}

/** How long a server that turned a request away says to wait. */
function wishedDelay(answer: HttpResponse | NetworkError): number | undefined {
  if (answer instanceof NetworkError) return undefined;
  return answer.status === 429 || answer.status === 503 ? retryAfter(answer) : undefined;
}

function isRepeatable(method: HttpRequest["method"], answer: HttpResponse | NetworkError): boolean {
  const idempotent = method !== "POST";
  if (answer instanceof NetworkError) return idempotent && answer.failure === "interrupted";
  return answer.status === 429 || (idempotent && passing.includes(answer.status));
}

/**
 * Retry-After (RFC 9110 10.2.3) in milliseconds. A date is read against the answer's own Date, so that our clock does not matter.
 */
export function retryAfter(response: Pick<HttpResponse, "header">): number | undefined {
  const value = response.header("Retry-After")?.trim();
  if (!value) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const wait = Date.parse(value) - Date.parse(response.header("Date") ?? "");
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

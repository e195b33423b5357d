import { minute } from "../duration.ts";
import type { HttpRequest, HttpResponse } from "./message.ts";
import { NetworkError } from "./network-error.ts";

/** In milliseconds. If the server asks for a longer delay, its response is returned instead. */
const maxDelay = minute;

/** The shortest pause before a retry, in milliseconds. Servers answer `Retry-After: 0` to requests that they throttle. */
const minDelay = 250;

/** The errors of a server, or of a proxy in front of it, that may be temporary. */
const temporaryStatuses = [408, 429, 500, 502, 503, 504];

/** The methods that are repeated. A PUT that may destroy what another client has written since says so with `isRead: false`. */
const repeatableMethods = ["GET", "HEAD", "PUT"];

/**
 * Returns when to repeat a request; undefined if a repetition is useless or unsafe. Never repeats DELETE, PATCH, and POST that writes:
 * after a lost response or a pause, the caller must read the state again before it decides to generate or delete a password.
 *
 * The policies of @azure/core-rest-pipeline repeat every method, wait as long as a server asks, and repeat the lookup of a wrong host name.
 * @param attempt 1 for the first
 * @returns milliseconds
 */
export function retryDelay(
  { method, isRead = repeatableMethods.includes(method) }: Pick<HttpRequest, "method" | "isRead">,
  answer: HttpResponse | NetworkError,
  attempt: number,
): number | undefined {
  if (!isRead) return undefined;
  const usual = 500 * 2 ** (attempt - 1);
  if (answer instanceof NetworkError) return answer.failure === "interrupted" ? usual : undefined;
  if (!temporaryStatuses.includes(answer.status)) return undefined;
  const requested = answer.status === 429 || answer.status === 503 ? retryAfter(answer) : undefined;
  return requested === undefined || requested <= maxDelay ? (requested ?? usual) : undefined;
}

/**
 * Returns Retry-After (RFC 9110 10.2.3) in milliseconds. Compares a date with the response's own Date, so that this machine's clock does
 * not matter.
 */
export function retryAfter(response: Pick<HttpResponse, "header">): number | undefined {
  const value = response.header("Retry-After")?.trim();
  if (!value) return undefined;
  if (/^\d+$/.test(value)) return Math.max(minDelay, Number(value) * 1000);
  const wait = Date.parse(value) - Date.parse(response.header("Date") ?? "");
  // Date.parse also reads 1.5 and -1
  return value.endsWith(" GMT") && !Number.isNaN(wait) ? Math.max(minDelay, wait) : undefined;
}

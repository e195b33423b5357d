import type { HttpRequest, HttpResponse } from "./message.ts";
import { NetworkError } from "./network-error.ts";

/** The longest wait at a terminal. If the delay is longer, the response is returned instead. Milliseconds. */
const longest = 60_000;

/** The errors of a server, or of a proxy in front of it, that may be temporary. */
const passing = [408, 500, 502, 503, 504];

/**
 * Returns when to repeat a request; undefined if a repetition is useless or unsafe. A throttled request (429, or 503 with Retry-After) was
 * not applied, so any method may be repeated. After another server error or a broken connection, only idempotent methods are repeated (RFC
 * 9110 9.2.2).
 * @param attempt 1 for the first
 * @returns milliseconds
 */
export function retryDelay(method: HttpRequest["method"], answer: HttpResponse | NetworkError, attempt: number): number | undefined {
  const wished = wishedDelay(answer);
  if (wished !== undefined) return wished <= longest ? wished : undefined;
  return isRepeatable(method, answer) ? 500 * 2 ** (attempt - 1) : undefined;
}

/** The delay that a throttling server asks for. */
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
 * Returns Retry-After (RFC 9110 10.2.3) in milliseconds. Compares a date with the response's own Date, so that this machine's clock does
 * not matter.
 */
export function retryAfter(response: Pick<HttpResponse, "header">): number | undefined {
  const value = response.header("Retry-After")?.trim();
  if (!value) return undefined;
  const seconds = secondsIn(value);
  if (seconds !== undefined) return seconds;
  const wait = Date.parse(value) - Date.parse(response.header("Date") ?? "");
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

/** Whole seconds in milliseconds; undefined for any other text. */
const secondsIn = (text: string | undefined) => (text !== undefined && /^\d+$/.test(text) ? Number(text) * 1000 : undefined);

/** The end of one request to an API server: a response, or the code of a broken connection. */
export type Attempt =
  | { readonly status: number; readonly retryAfter?: string | undefined; readonly broken?: boolean }
  | { readonly code: string };

/** The request cannot have reached the API server: the plugin's proxy does not run. */
const unsent = new Set(["ECONNREFUSED", "ENOENT"]);

const longestWait = 30_000;
const mostAttempts = 10;
const mostBlindAttempts = 4;

/**
 * Returns when to send a request to an API server again after these attempts, oldest first.
 *
 * As in client-go, 429 and 5xx wait as long as Retry-After says, at most ten times. For 429 and 503 without it, the delay grows with each
 * attempt. A 401 is repeated once, because an exec credential is only renewed by the 401 that it causes. After a broken connection only
 * reads are repeated, because a write may have been applied.
 *
 * @returns milliseconds to wait, or undefined to give up
 */
export function clusterRetryDelay(method: HttpRequest["method"], attempts: readonly Attempt[]): number | undefined {
  const last = attempts.at(-1);
  if (!last || attempts.length >= mostAttempts) return undefined;
  if (isUnauthorized(last)) return attempts.filter(isUnauthorized).length === 1 ? 0 : undefined;
  return (
    whenBusy(last) ?? (isWorthwhile(method, last) && attempts.length < mostBlindAttempts ? 250 * 2 ** (attempts.length - 1) : undefined)
  );
}

const isUnauthorized = (attempt: Attempt) => "status" in attempt && attempt.status === 401;

/** The delay that a busy or broken server asks for, in milliseconds. */
function whenBusy(attempt: Attempt): number | undefined {
  if ("code" in attempt || attempt.broken || !(attempt.status === 429 || attempt.status >= 500)) return undefined;
  // Kubernetes sends whole seconds. A date counts as absent, as in client-go.
  const asked = secondsIn(attempt.retryAfter);
  return asked === undefined ? undefined : Math.min(asked, longestWait);
}

/** Whether a request can be repeated if the server gave no delay. */
function isWorthwhile(method: HttpRequest["method"], attempt: Attempt): boolean {
  if ("code" in attempt) return method === "GET" || unsent.has(attempt.code);
  return attempt.broken ? method === "GET" : [429, 503].includes(attempt.status);
}

import type { Method } from "./exchange.ts";

/** How one attempt ended: with an answer, or with the code of a broken connection. */
export type Outcome =
  | { readonly status: number; readonly retryAfter?: string | undefined; readonly broken?: boolean }
  | { readonly code: string };

/** The request cannot have reached the API server: our proxy is not there. */
const unsent = new Set(["ECONNREFUSED", "ENOENT"]);

const longestWait = 30_000;
const mostAttempts = 10;
const mostBlindAttempts = 4;

/**
 * Whether to ask again after these outcomes (oldest first), and when.
 *
 * As client-go does: 429 and 5xx wait for what Retry-After says, ten times at most; 429 and 503 without it back off by themselves.
 * A 401 is asked once more, because an exec credential is only renewed by the 401 that it causes.
 * A connection that broke is taken up again for reads only, as a write may have been carried out.
 *
 * @returns milliseconds to wait, or undefined to give up
 */
export function retryDelay(method: Method, outcomes: readonly Outcome[]): number | undefined {
  const last = outcomes.at(-1);
  if (!last || outcomes.length >= mostAttempts) return undefined;
  const backoff = outcomes.length < mostBlindAttempts ? 250 * 2 ** (outcomes.length - 1) : undefined;
  if ("code" in last) return unsent.has(last.code) || method === "GET" ? backoff : undefined;
  if (last.status === 401) return outcomes.filter((one) => "status" in one && one.status === 401).length === 1 ? 0 : undefined;
  if (last.broken) return method === "GET" ? backoff : undefined;
  const asked = seconds(last.retryAfter);
  if (asked !== undefined && (last.status === 429 || last.status >= 500)) return Math.min(asked * 1000, longestWait);
  return last.status === 429 || last.status === 503 ? backoff : undefined;
}

/** Kubernetes sends whole seconds; the date form of RFC 9110 counts as absent. */
const seconds = (text: string | undefined) => (text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined);

import type { Method } from "./exchange.ts";

/** How one attempt ended: with an answer, or with the code of a broken connection. */
export type Attempt =
  | { readonly status: number; readonly retryAfter?: string | undefined; readonly broken?: boolean }
  | { readonly code: string };

/** The request cannot have reached the API server: our proxy is not there. */
const unsent = new Set(["ECONNREFUSED", "ENOENT"]);

const longestWait = 30_000;
const mostAttempts = 10;
const mostBlindAttempts = 4;

/**
 * Whether to ask again after these attempts (oldest first), and when.
 *
 * As client-go does: 429 and 5xx wait for what Retry-After says, ten times at most; 429 and 503 without it back off by themselves.
 * A 401 is asked once more, because an exec credential is only renewed by the 401 that it causes.
 * A connection that broke is taken up again for reads only, as a write may have been carried out.
 *
 * @returns milliseconds to wait, or undefined to give up
 */
export function retryDelay(method: Method, attempts: readonly Attempt[]): number | undefined {
  const last = attempts.at(-1);
  if (!last || attempts.length >= mostAttempts) return undefined;
  if (isUnauthorized(last)) return attempts.filter(isUnauthorized).length === 1 ? 0 : undefined;
  return (
    whenBusy(last) ?? (isWorthwhile(method, last) && attempts.length < mostBlindAttempts ? 250 * 2 ** (attempts.length - 1) : undefined)
  );
}

const isUnauthorized = (attempt: Attempt) => "status" in attempt && attempt.status === 401;

/** What a server that is busy or broken asks to wait, in milliseconds. */
function whenBusy(attempt: Attempt): number | undefined {
  if ("code" in attempt || attempt.broken || !(attempt.status === 429 || attempt.status >= 500)) return undefined;
  const asked = seconds(attempt.retryAfter);
  return asked === undefined ? undefined : Math.min(asked * 1000, longestWait);
}

/** Whether it can be asked again where nobody has said when. */
function isWorthwhile(method: Method, attempt: Attempt): boolean {
  if ("code" in attempt) return method === "GET" || unsent.has(attempt.code);
  return attempt.broken ? method === "GET" : [429, 503].includes(attempt.status);
}

/** Kubernetes sends whole seconds; the date form of RFC 9110 counts as absent. */
const seconds = (text: string | undefined) => (text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined);

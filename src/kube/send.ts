import type { Trace } from "../env.ts";
import { CliError } from "../errors.ts";
import { type Answer, type Request, sendOnce, type Transport } from "./exchange.ts";
import { observer } from "./observer.ts";
import { isBroken, proxyFailure } from "./status.ts";
import { cancelled, within } from "./within.ts";

type SendOptions = {
  readonly transport: Transport;
  /** Returns the signal that aborts a request and its waits. Called when the request starts. */
  signal(writes?: boolean): AbortSignal;
  /** Milliseconds for one attempt; 0 means no limit. */
  readonly requestTimeout: number;
  sleep(milliseconds: number): Promise<void>;
  readonly trace: Trace;
  now(): Date;
  /** Called once for each different warning of the API server. */
  onWarning(text: string): void;
  /** Called with the `Date` of each response. */
  onDate(date: string): void;
  /** Whether the first request must be alone: until it is answered, each request might make a credential plugin prompt. */
  firstAlone(): boolean;
  /** Converts the sentence of a failed connection to the error to print. */
  explain(sentence: string): Promise<CliError>;
};

/**
 * Sends requests like kubectl: repeats them if that may help, traces each one, passes warnings on.
 * @throws CliError for a failed connection, never for a response of the API server
 */
export function sender(options: SendOptions): (request: Request) => Promise<Answer> {
  const { transport, requestTimeout, sleep, explain } = options;
  const observe = observer(options);

  async function attempt(request: Request, signal: AbortSignal): Promise<Answer | Error> {
    try {
      return await within({ signal, requestTimeout }, async (ends) => {
        const endpoint = await transport.open();
        // The caller no longer waits for the response, so nothing may be written either
        ends.throwIfAborted();
        const sent = sendOnce(endpoint, request, ends).then((answer) => {
          if (answer.date !== undefined) options.onDate(answer.date);
          return answer;
        });
        return observe(request, sent).catch(async (error: unknown) => {
          throw (await endpoint.ended?.()) ?? error;
        });
      });
    } catch (error) {
      if (error instanceof CliError) throw error;
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  async function send(request: Request): Promise<Answer> {
    const signal = options.signal(request.method !== "GET");
    const attempts: Attempt[] = [];
    for (;;) {
      const result = await attempt(request, signal);
      const failure = result instanceof Error ? result.message : proxyFailure(result);
      attempts.push(attemptOf(result, failure));
      const delay = clusterRetryDelay(request.method, attempts);
      if (delay === undefined) return settled(result, failure);
      await sleep(delay).catch((error: unknown) => {
        throw signal.aborted ? cancelled() : error;
      });
    }
  }

  async function settled(result: Answer | Error, failure: string | undefined): Promise<Answer> {
    if (result instanceof Error || failure !== undefined) throw await explain(failure ?? "");
    return result;
  }

  /** The requests that wait for the first one share its failure: otherwise a credential plugin would prompt for each. */
  let first: Promise<void> | undefined;
  let waits: boolean | undefined;
  return (request) => {
    waits ??= options.firstAlone();
    if (!waits) return send(request);
    if (first) return first.then(() => send(request));
    const answer = send(request);
    first = answer.then(() => {});
    first.catch(() => {
      first = undefined;
    });
    return answer;
  };
}

/** The end of one request: a response, or the code of a broken connection. */
type Attempt = { readonly status: number; readonly retryAfter?: string | undefined; readonly broken?: boolean } | { readonly code: string };

function attemptOf(result: Answer | Error, failure: string | undefined): Attempt {
  if (result instanceof Error) return { code: "code" in result ? String(result.code) : "" };
  return { status: result.status, retryAfter: result.retryAfter, broken: failure !== undefined && isBroken(failure) };
}

/** A server that answers `Retry-After: 0` would get ten requests at once. */
const shortestWait = 250;
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
export function clusterRetryDelay(method: Request["method"], attempts: readonly Attempt[]): number | undefined {
  const last = attempts.at(-1);
  if (!last || attempts.length >= mostAttempts) return undefined;
  if (isUnauthorized(last)) return attempts.filter(isUnauthorized).length === 1 ? 0 : undefined;
  const blind = attempts.length < mostBlindAttempts && isWorthwhile(method, last) ? 250 * 2 ** (attempts.length - 1) : undefined;
  return askedDelay(last) ?? blind;
}

const isUnauthorized = (attempt: Attempt) => "status" in attempt && attempt.status === 401;

/** Returns the delay that a busy or broken server asks for, in milliseconds. */
function askedDelay(attempt: Attempt): number | undefined {
  if ("code" in attempt || attempt.broken || !(attempt.status === 429 || attempt.status >= 500)) return undefined;
  // Kubernetes sends whole seconds. A date counts as absent, as in client-go
  return /^\d+$/.test(attempt.retryAfter ?? "")
    ? Math.min(Math.max(shortestWait, Number(attempt.retryAfter) * 1000), longestWait)
    : undefined;
}

/** Whether a request can be repeated if the server gave no delay. */
function isWorthwhile(method: Request["method"], attempt: Attempt): boolean {
  // A refused connection cannot have reached the API server
  if ("code" in attempt) return method === "GET" || attempt.code === "ECONNREFUSED";
  return attempt.broken ? method === "GET" : [429, 503].includes(attempt.status);
}

import { CliError } from "../errors.ts";
import { type Attempt, clusterRetryDelay } from "../http/retry.ts";
import { isBroken, proxyFailure } from "./connection-error.ts";
import { type Answer, type Request, sendOnce, type Transport } from "./exchange.ts";
import { type Observer, observer } from "./observer.ts";
import type { Pace } from "./pace.ts";
import { type SameServer, sameCluster } from "./same-cluster.ts";
import { cancelled, within } from "./within.ts";

export type SendOptions = Observer & {
  readonly transport: Transport;
  /** Returns the signal that aborts a request and its waits. Called when the request starts. */
  signal(writes?: boolean): AbortSignal;
  /** Milliseconds for one attempt; 0 means no limit. */
  readonly requestTimeout: number;
  /** Limits the concurrent requests. */
  readonly pace?: Pace | undefined;
  sleep(milliseconds: number): Promise<void>;
  /** Whether a restarted transport connects to the same server as before. */
  sameServer(): Promise<SameServer>;
  /** Whether the first request must be answered before the next one is sent. */
  firstAlone(): boolean;
  /** Converts the sentence of a failed connection to the error to print. */
  explain(sentence: string): Promise<CliError>;
};

export type Send = (request: Request) => Promise<Answer>;

/**
 * Sends requests like kubectl: repeats them if that may help, traces each one, passes warnings on.
 * @throws CliError for a failed connection, never for a response of the API server
 */
export function sender(options: SendOptions): Send {
  const { transport, requestTimeout, sleep, explain } = options;
  const observe = observer(options);
  const cluster = sameCluster({
    sameServer: options.sameServer,
    ask: (endpoint, request, ends) => observe(request, sendOnce(endpoint, request, ends)),
  });

  async function attempt(request: Request, signal: AbortSignal): Promise<Answer | Error> {
    try {
      const ask = () =>
        within({ signal, requestTimeout }, async (ends) => {
          const endpoint = await transport.open();
          await cluster.confirm(endpoint, request, ends);
          // The caller no longer waits for the response, so nothing may be written either
          ends.throwIfAborted();
          const answer = await observe(request, sendOnce(endpoint, request, ends));
          cluster.heard(endpoint, request, answer);
          return answer;
        });
      return await (options.pace ? options.pace.run(ask, !isList(request)) : ask());
    } catch (error) {
      if (error instanceof CliError) throw error;
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    try {
      await sleep(milliseconds);
    } catch (error) {
      throw signal.aborted ? cancelled() : error;
    }
  }

  /**
   * If the first request is sent alone, the requests that wait for it share its failure: otherwise a credential plugin would prompt for
   * each.
   */
  let first: Promise<Answer> | undefined;
  let reached: boolean | undefined;
  return (request) => {
    reached ??= !options.firstAlone();
    if (reached) return send(request);
    if (first) return first.then(() => send(request));
    first = send(request);
    first.then(
      () => {
        reached = true;
      },
      () => {
        first = undefined;
      },
    );
    return first;
  };

  async function send(request: Request): Promise<Answer> {
    const signal = options.signal(request.method !== "GET");
    const attempts: Attempt[] = [];
    for (;;) {
      const result = await attempt(request, signal);
      const failure = result instanceof Error ? result.message : proxyFailure(result);
      attempts.push(ended(result, failure));
      const delay = clusterRetryDelay(request.method, attempts);
      if (delay === undefined) return settled(result, failure);
      await pause(delay, signal);
    }
  }

  async function settled(result: Answer | Error, failure: string | undefined): Promise<Answer> {
    if (result instanceof Error || failure !== undefined) throw await explain(failure ?? "");
    return result;
  }
}

function ended(result: Answer | Error, failure: string | undefined): Attempt {
  if (result instanceof Error) return { code: "code" in result ? String(result.code) : "" };
  return { status: result.status, retryAfter: result.retryAfter, broken: failure !== undefined && isBroken(failure) };
}

/** The time of a list's page depends on its size, so it says nothing about the load of the server. */
const isList = ({ path }: Request) => /[?&]limit=/.test(path);

import type { Trace } from "../context.ts";
import { CliError } from "../errors.ts";
import { isBroken, proxyFailure } from "./connection-error.ts";
import { type Answer, exchange, type Request } from "./exchange.ts";
import type { Pace } from "./pace.ts";
import { redactBody, redactHeaders, withoutContents } from "./redact.ts";
import { type Outcome, retryDelay } from "./retry.ts";
import type { Transport } from "./transport.ts";
import { warningText } from "./warnings.ts";
import { cancelled, within } from "./within.ts";

export type SendOptions = {
  readonly transport: Transport;
  readonly trace: Trace;
  /** What ends a request and its waits, asked when the request begins. */
  signal(writes?: boolean): AbortSignal;
  /** Milliseconds for one attempt; 0 means no limit. */
  readonly requestTimeout: number;
  /** Bounds what is under way at once. */
  readonly pace?: Pace | undefined;
  now(): Date;
  sleep(milliseconds: number): Promise<void>;
  /** Called with the text of each `Warning: 299` header, once per text. */
  onWarning(text: string): void;
  /** Turns the sentence of a connection that failed into the error to show. */
  explain(sentence: string): Promise<CliError>;
};

export type Send = (request: Request) => Promise<Answer>;

/**
 * Sends requests as kubectl does: again where that may help, each one traced, warnings passed on.
 * @throws CliError for a connection that failed, never for what the API server answered
 */
export function sender(options: SendOptions): Send {
  const { transport, requestTimeout, sleep, explain } = options;
  const observe = observer(options);

  async function attempt(request: Request, signal: AbortSignal): Promise<Answer | Error> {
    try {
      const ask = () =>
        within({ signal, requestTimeout }, async (ends) => {
          const endpoint = await transport.open();
          // Nobody waits for the answer any more, so nothing may be written either
          ends.throwIfAborted();
          return observe(request, exchange(endpoint, request, ends));
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
   * The first request goes alone, and those that wait for it share its failure: kubectl would dial the server for each of them,
   * and a credential plugin would ask its question again for each.
   */
  let first: Promise<Answer> | undefined;
  return (request) => {
    if (first) return first.then(() => send(request));
    first = send(request);
    first.catch(() => {
      first = undefined;
    });
    return first;
  };

  async function send(request: Request): Promise<Answer> {
    const signal = options.signal(request.method !== "GET");
    const outcomes: Outcome[] = [];
    for (;;) {
      const result = await attempt(request, signal);
      const failure = result instanceof Error ? result.message : proxyFailure(result);
      outcomes.push(outcomeOf(result, failure));
      const delay = retryDelay(request.method, outcomes);
      if (delay !== undefined) await pause(delay, signal);
      else if (failure !== undefined) throw await explain(failure);
      else if (!(result instanceof Error)) return result;
    }
  }
}

function outcomeOf(result: Answer | Error, failure: string | undefined): Outcome {
  if (result instanceof Error) return { code: "code" in result ? String(result.code) : "" };
  return { status: result.status, retryAfter: result.retryAfter, broken: failure !== undefined && isBroken(failure) };
}

/** Traces an exchange, at 6 its line and at 8 what was said, and passes its warnings on. */
function observer({ trace, now, onWarning }: Pick<SendOptions, "trace" | "now" | "onWarning">) {
  const warned = new Set<string>();
  return async (request: Request, answering: Promise<Answer>): Promise<Answer> => {
    const began = now().getTime();
    const line = (result: string) => `${request.method} ${request.path} ${result} in ${now().getTime() - began} milliseconds`;
    try {
      const answer = discreet(await answering, request);
      trace(6, () => line(`${answer.status} ${answer.phrase}`));
      trace(8, () => `Request headers:\n${redactHeaders(request.headers)}`);
      if (request.body !== undefined) trace(8, () => `Request body: ${redactBody(request.body ?? "")}`);
      trace(8, () => `Response body: ${redactBody(answer.text)}`);
      for (const text of answer.warnings.map(warningText)) {
        if (text !== undefined && !warned.has(text)) onWarning(text);
        if (text !== undefined) warned.add(text);
      }
      return answer;
    } catch (error) {
      trace(6, () => line(error instanceof Error ? error.message : String(error)));
      throw error;
    }
  };
}

/** A refusal or a warning may repeat what was sent: an admission policy says what it likes. */
const discreet = ({ text, ...answer }: Answer, { contents = {} }: Request): Answer => ({
  ...answer,
  text: answer.status >= 400 ? withoutContents(text, contents) : text,
  warnings: answer.warnings.map((warning) => withoutContents(warning, contents)),
});

/** A page of a list takes its own time, which says nothing of how busy the server is. */
const isList = ({ path }: Request) => /[?&]limit=/.test(path);

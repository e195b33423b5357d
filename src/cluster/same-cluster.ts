import { CliError } from "../errors.ts";
import { objectOf, parseObject, textOf } from "../json.ts";
import { type Answer, type Endpoint, type Request, sendOnce } from "./exchange.ts";
import { proxyFailure, statusError } from "./status.ts";

/** Whether the kubeconfig still names the server that the run began with. */
export type SameServer = "same" | "other" | "unknown";

/** The namespace by whose uid a cluster is recognized. */
const path = "/api/v1/namespaces/kube-system";

/** Milliseconds for a response that nothing waits for. */
const longest = 30_000;

/**
 * Binds a run to the cluster that it began with.
 * @param ask sends a request that appears in the trace
 */
export function sameCluster(
  sameServer: () => Promise<SameServer>,
  ask: (endpoint: Endpoint, request: Request, ends: AbortSignal) => Promise<Answer>,
) {
  const confirmed = new Map<number, Promise<void>>([[0, Promise.resolve()]]);
  let uid: string | undefined;
  let isRequested = false;
  let other: CliError | undefined;

  const end = (reason: string): CliError => {
    other = new CliError("config", `kubectl proxy ended, and ${reason}; no request was sent there`, { hint: "run the command again" });
    return other;
  };

  async function compare(endpoint: Endpoint, like: Request, ends: AbortSignal): Promise<void> {
    const server = await sameServer();
    if (server === "other") throw end("the kubeconfig now names another server");
    const now = uidIn(await answered(() => ask(endpoint, requestLike(like), ends)));
    if (uid === undefined && server === "unknown") throw end("the cluster of its replacement could not be verified");
    if (uid !== undefined && now !== uid) throw end("its replacement uses another cluster");
    uid ??= now;
  }

  async function learn(endpoint: Endpoint, like: Request): Promise<void> {
    if (isRequested || uid !== undefined) return;
    isRequested = true;
    const answer = await sendOnce(endpoint, requestLike(like), AbortSignal.timeout(longest)).catch(() => undefined);
    uid ??= answer && uidIn(answer);
  }

  return {
    /**
     * Ends the run before any other request is sent if a restarted endpoint leads to another cluster than the run began with.
     * @throws CliError config, from then on at each call
     */
    confirm: async (endpoint: Endpoint, request: Request, ends: AbortSignal): Promise<void> => {
      if (other) throw other;
      const { restarts = 0 } = endpoint;
      const confirming = confirmed.get(restarts) ?? compare(endpoint, request, ends);
      confirmed.set(restarts, confirming);
      await confirming.catch((error: unknown) => {
        confirmed.delete(restarts);
        throw error;
      });
    },
    /** Reads the cluster's uid from a response that contains it. A run that writes requests it, and does not wait for the response. */
    learnFrom: (endpoint: Endpoint, request: Request, answer: Answer): void => {
      if (request.path === path) uid ??= uidIn(answer);
      if (request.method !== "GET" && answer.status < 400) learn(endpoint, request);
    },
  };
}

const requestLike = ({ headers: { "user-agent": userAgent = "" } }: Request): Request => ({
  method: "GET",
  path,
  headers: { accept: "application/json", "user-agent": userAgent },
});

/** An expired sign-in is renewed by the 401 that it causes. @throws Error of a request that did not reach the API server */
async function answered(ask: () => Promise<Answer>): Promise<Answer> {
  const first = await ask().catch(unsent);
  const answer = first.status === 401 ? await ask().catch(unsent) : first;
  if (answer.status === 401) throw statusError(answer);
  const isBusy = answer.status === 429 || answer.status >= 500;
  return isBusy ? unsent(proxyFailure(answer) ?? statusError(answer).message) : answer;
}

/** The request that waited for the confirmation was not sent, so it can be repeated, even if it is a write. */
function unsent(cause: unknown): never {
  throw Object.assign(new Error(cause instanceof Error ? cause.message : String(cause)), { code: "ECONNREFUSED" });
}

/** @returns undefined for an error response */
function uidIn({ status, text }: Answer): string | undefined {
  return status === 200 ? textOf(objectOf(parseObject(text)?.metadata).uid) : undefined;
}

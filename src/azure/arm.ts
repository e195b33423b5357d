import { inWords, minute } from "../duration.ts";
import type { RequestTools } from "../env.ts";
import { Busy, CliError } from "../errors.ts";
import type { HttpRequest, HttpResponse } from "../http/message.ts";
import { retryAfter } from "../http/retry.ts";
import { type Json, parseObject, textOf } from "../json.ts";
import { waitingFor } from "../retry.ts";
import { supportedVersion } from "./api-version.ts";
import { explainArm, explainEnd } from "./arm-error.ts";
import { type Connection, openService, type Read } from "./service.ts";

type Resource = {
  /** From the first slash, without api-version. */
  readonly path: string;
  readonly version: string;
  /** For errors, after `cannot`: `delete token demo`. */
  readonly doing: string;
  /** The action for which the caller needs a role, if it lacks the right to read. */
  readonly needs?: string | undefined;
};

type ArmRequest = Resource & {
  readonly method: HttpRequest["method"];
  readonly body?: unknown;
  /** A POST that changes nothing. */
  readonly isRead?: boolean;
  /** The timeout for the operation that it may start, in milliseconds. Default: five minutes. */
  readonly within?: number;
};

/** Azure Resource Manager. Its methods throw CliError, also for a response that lacks a required field. */
export type Arm = {
  /** Reads a resource; undefined if it does not exist. */
  find<T>(resource: Resource, read: Read<T>): Promise<T | undefined>;
  /**
   * Sends a request and waits for the operation that it may start (Azure-AsyncOperation or Location). Reads the response; after an
   * operation, the resource as it is then.
   */
  send<T>(request: ArmRequest, read: Read<T>): Promise<T>;
  /** Sends a request whose result does not matter. Deleting a missing resource is not an error. */
  run(request: ArmRequest): Promise<void>;
  /** Reads all pages of a list (`value`, `nextLink`). */
  list<T>(
    request: Resource & {
      readonly filter?: string;
      /** Receives the time of Azure's clock in a response (`Date`, RFC 9110 6.6.1), if there is one. */
      dated?(date: string | undefined): void;
    },
    read: Read<T>,
  ): Promise<T[]>;
};

/** The default timeout for an operation. Milliseconds. */
const longest = 5 * minute;

/** Azure asks for a pause of ten seconds, but most operations end after one. Milliseconds. */
const firstPause = 1000;

/** The requests that poll an operation. `moves`: each response contains the URL of the next one. */
type Poll = {
  readonly within?: number | undefined;
  readonly url: string;
  readonly pause: number;
  readonly moves?: boolean;
  hasEnded(answer: HttpResponse): boolean;
};

export function openArm({ cloud, identity, http, sleep }: Connection & Pick<RequestTools, "sleep">): Arm {
  const { call, refused, refusalOf, bodyOf, required, pages } = openService({
    name: "Azure",
    origin: cloud.resourceManager,
    audience: "management",
    identity,
    http,
    explain: explainArm,
  });

  /** The versions that this cloud supports instead of the plugin's versions, by provider and version. */
  const supported = new Map<string, string>();

  /** Sends a request in the version that the cloud supports. @returns the response, and the URL without further options */
  async function versioned({ path, version }: Resource, ask: (url: string) => Promise<HttpResponse>) {
    const provider = `${/\/providers\/([^/]+)(?!.*\/providers\/)/.exec(path)?.[1]} ${version}`;
    for (let used = supported.get(provider) ?? version; ; ) {
      const url = `${cloud.resourceManager}${path}?api-version=${used}`;
      const answer = await ask(url);
      const next = supportedVersion(version, used, answer);
      if (next === undefined) return { url, answer };
      supported.set(provider, next);
      used = next;
    }
  }

  /** The last response of an operation: its end, its result, or the rejection of a poll. @throws CliError timeout */
  async function follow(doing: string, poll: Poll): Promise<HttpResponse> {
    let { url, pause } = poll;
    const { within: timeout = longest } = poll;
    for (let waited = 0; waited < timeout; ) {
      pause = Math.min(pause, timeout - waited);
      await sleep(pause, waitingFor(timeout, doing));
      waited += pause;
      const answer = await call("GET", url);
      if (poll.hasEnded(answer)) return answer;
      if (poll.moves) url = answer.header("Location") ?? url;
      pause = retryAfter(answer) ?? firstPause;
    }
    throw new CliError("timeout", `cannot ${doing}: Azure has not finished after ${inWords(timeout)}`);
  }

  function succeeded(doing: string, url: string, end: HttpResponse): void {
    if (end.status >= 300) throw refused(doing, url, end);
    const status = statusOf(end);
    if (status === "Failed" || status === "Canceled") throw explainEnd(doing, status, refusalOf(url, end));
  }

  /** Waits for an accepted deletion. Reading its progress can require a permission that the deletion doesn't. */
  async function deleted(doing: string, url: string, end: HttpResponse): Promise<void> {
    if (end.status !== 403 && end.status !== 404) return succeeded(doing, url, end);
    const last = await follow(doing, { url, pause: 0, hasEnded: ({ status }) => status >= 300 });
    if (last.status !== 404) throw refused(doing, url, last);
  }

  /** The result of an operation: nothing for a deleted object, the result of an action, or the resource as it is now. */
  async function outcome({ method, doing }: ArmRequest, url: string, poll: Poll): Promise<Json> {
    const end = await follow(doing, poll);
    if (method === "DELETE") {
      await deleted(doing, url, end);
      return {};
    }
    succeeded(doing, url, end);
    if (method === "POST") return bodyOf(doing, end);
    const resource = await call("GET", url);
    if (resource.status !== 200) throw refused(doing, url, resource);
    return bodyOf(doing, resource);
  }

  /** Returns undefined if the object doesn't exist. */
  async function perform(request: ArmRequest): Promise<Json | undefined> {
    const { method, doing, body, isRead, needs } = request;
    const { url, answer } = await versioned(request, (at) => call(method, at, body, isRead));
    if (answer.status === 404 && method !== "PUT" && method !== "POST") return undefined;
    if (answer.status >= 300) throw explainArm(doing, refusalOf(url, answer), needs);
    const poll = pollOf(answer);
    return poll ? outcome(request, url, { ...poll, within: request.within }).catch(throwAccepted) : bodyOf(doing, answer);
  }

  return {
    async find(resource, read) {
      const body = await perform({ ...resource, method: "GET" });
      return body && required(resource.doing, read(body));
    },
    send: async (request, read) => required(request.doing, read((await perform(request)) ?? {})),
    run: async (request) => void (await perform(request)),
    async list({ filter, dated, ...resource }, read) {
      const option = filter === undefined ? "" : `&$filter=${encodeURIComponent(filter)}`;
      return pages(resource.doing, await versioned(resource, (url) => call("GET", `${url}${option}`)), read, dated);
    },
  };
}

/** Azure has accepted the request, so a later refusal does not mean that nothing has changed. @throws the error, never as Busy */
function throwAccepted(error: unknown): never {
  throw error instanceof Busy ? new CliError(error.kind, error.message, { hint: error.hint }) : error;
}

/** Returns how to poll the operation that a response started: by Azure-AsyncOperation, or by the Location of a 202. */
function pollOf(answer: HttpResponse): Poll | undefined {
  const [status, result] = [answer.header("Azure-AsyncOperation"), answer.header("Location")];
  const pause = Math.min(firstPause, retryAfter(answer) ?? firstPause);
  // Every poll returns another signed URL. The URL of a status stays valid. For a result, only the newest URL is known to be valid.
  if (status !== undefined) return { url: status, pause, hasEnded };
  if (answer.status !== 202 || result === undefined) return undefined;
  return { url: result, pause, moves: true, hasEnded: ({ status }) => status !== 202 && status !== 429 };
}

/** Whether a poll of Azure-AsyncOperation returned the operation's end, or was rejected. A throttled poll (429) says nothing. */
const hasEnded = (answer: HttpResponse) =>
  (answer.status >= 400 && answer.status !== 429) || ["Succeeded", "Failed", "Canceled"].includes(statusOf(answer) ?? "");

const statusOf = ({ text }: HttpResponse) => textOf(parseObject(text)?.status);

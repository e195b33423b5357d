import { CliError } from "../errors.ts";
import { type Http, type HttpRequest, type HttpResponse, parseChallenges } from "../http/message.ts";
import { retryAfter } from "../http/retry.ts";
import { supportedVersion } from "./api-version.ts";
import { explainArm, explainEnd, readArmError } from "./arm-error.ts";
import { type Caller, openCaller } from "./caller.ts";
import type { Cloud } from "./cloud.ts";
import type { Identity } from "./identity.ts";
import { begins, follow, statusOf, untilGone } from "./operation.ts";

export type ArmRequest = {
  readonly method: HttpRequest["method"];
  /** From the first slash, without api-version. */
  readonly path: string;
  readonly version: string;
  readonly body?: unknown;
  /** For errors, after `cannot`: `make token demo`. */
  readonly doing: string;
  /** The code of a temporary 409: while Azure returns it, the request is repeated for up to a minute. */
  readonly passing?: string;
};

export type ListRequest = Omit<ArmRequest, "method" | "body" | "passing"> & {
  readonly filter?: string;
  /** Receives the time of Azure's clock in a response (`Date`, RFC 9110 6.6.1), if there is one. */
  dated?(date: string | undefined): void;
};

/** Azure Resource Manager. */
export type Arm = {
  /**
   * Sends a request and waits for the operation that it may start (Azure-AsyncOperation or Location).
   * @returns the parsed response; after an operation, the resource as it is then; undefined for 404 and for an empty response
   * @throws CliError
   */
  send(request: ArmRequest): Promise<unknown>;
  /** All pages of a list (`value`, `nextLink`). */
  list(request: ListRequest): Promise<unknown[]>;
};

export type ArmOptions = {
  readonly cloud: Cloud;
  readonly identity: Identity;
  readonly http: Http;
  sleep(milliseconds: number): Promise<void>;
};

/** Concurrent requests. A tenant has thousands of subscriptions, and ARM throttles a client that requests all at once. */
const atOnce = 8;

/** The pauses between two attempts while another operation blocks the request. Milliseconds, a minute in all. */
const passingPauses = [1000, 2000, 3000, 4000, ...Array<number>(10).fill(5000)];

export function openArm({ cloud, identity, http, sleep }: ArmOptions): Arm {
  const gate = limit(atOnce);

  const ask = openCaller({ name: "Azure Resource Manager", origin: cloud.resourceManager, audience: "management", identity, http });
  const call: Caller = (...request) => gate(() => ask(...request));

  /** The versions that this cloud supports instead of the plugin's versions, by provider and version. */
  const supported = new Map<string, string>();

  /** Sends a request in the version that the cloud supports. @returns the response, and the URL without further options */
  async function versioned(path: string, version: string, ask: (url: string) => Promise<HttpResponse>) {
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

  const refused = (doing: string, url: string, answer: HttpResponse) =>
    explainArm(doing, { ...refusal(url, answer), source: identity.source });

  const follower = { get: (url: string) => call("GET", url), sleep };

  /** The first response to a request. Waits while a temporary conflict lasts. */
  async function begin({ method, body, passing }: ArmRequest, url: string): Promise<HttpResponse> {
    for (const pause of passing === undefined ? [] : passingPauses) {
      const answer = await call(method, url, body);
      if (answer.status !== 409 || readArmError(answer.text).code !== passing) return answer;
      await sleep(pause);
    }
    return call(method, url, body);
  }

  /** Throws if an operation failed. */
  function succeeded(doing: string, url: string, end: HttpResponse): void {
    if (end.status >= 300) throw refused(doing, url, end);
    const status = statusOf(end.text);
    if (status === "Failed" || status === "Canceled") throw explainEnd(doing, status, refusal(url, end));
  }

  /** Waits for an accepted deletion. To read its progress may require a right that the deletion itself does not. */
  async function deleted(doing: string, url: string, end: HttpResponse): Promise<void> {
    if (end.status === 403 || end.status === 404) {
      const last = await untilGone(doing, url, follower);
      if (last.status !== 404) throw refused(doing, url, last);
    } else succeeded(doing, url, end);
  }

  /** The result of a completed operation: nothing for a deleted object, the result of an action, or the resource as it is now. */
  async function outcome({ method, doing }: ArmRequest, url: string, end: HttpResponse): Promise<unknown> {
    if (method === "DELETE") return deleted(doing, url, end);
    succeeded(doing, url, end);
    if (method === "POST") return parse(doing, end);
    const resource = await call("GET", url);
    if (resource.status !== 200) throw refused(doing, url, resource);
    return read(doing, resource);
  }

  return {
    async send(request) {
      const { method, path, version, doing } = request;
      const { url, answer } = await versioned(path, version, (at) => begin(request, at));
      if (answer.status === 404 && method !== "PUT" && method !== "POST") return undefined;
      if (answer.status >= 300) throw refused(doing, url, answer);
      if (begins(answer)) return outcome(request, url, await follow(doing, answer, follower));
      return method === "GET" ? read(doing, answer) : parse(doing, answer);
    },

    async list(request) {
      const items: unknown[] = [];
      for await (const page of pages(request)) items.push(...(page.value ?? []));
      return items;
    },
  };

  async function* pages({ path, version, filter, doing, dated }: ListRequest): AsyncGenerator<{ value?: unknown[]; nextLink?: unknown }> {
    let { url, answer } = await versioned(path, version, (at) => call("GET", `${at}${filterOption(filter)}`));
    for (;;) {
      if (answer.status !== 200) throw refused(doing, url, answer);
      dated?.(answer.header("Date"));
      const page = (read(doing, answer) ?? {}) as { value?: unknown[]; nextLink?: unknown };
      yield page;
      if (typeof page.nextLink !== "string") return;
      url = page.nextLink;
      answer = await call("GET", url);
    }
  }
}

const filterOption = (filter: string | undefined) => (filter === undefined ? "" : `&$filter=${encodeURIComponent(filter)}`);

const refusal = (url: string, answer: HttpResponse) => ({
  path: new URL(url).pathname,
  claims: claimsIn(answer),
  status: answer.status,
  text: answer.text,
  retryAfter: retryAfter(answer),
  correlation: answer.header("x-ms-correlation-request-id"),
});

/** The claims challenge of a 401, in base64 (learn.microsoft.com/entra/identity-platform/claims-challenge). */
function claimsIn({ status, header }: HttpResponse): string | undefined {
  if (status !== 401) return undefined;
  const claims = parseChallenges(header("WWW-Authenticate") ?? "").find(({ parameters }) => parameters.claims)?.parameters.claims ?? "";
  return /^[\w+/-]+={0,2}$/.test(claims) ? claims : undefined;
}

const parse = (doing: string, answer: HttpResponse): unknown => (answer.text === "" ? undefined : read(doing, answer));

function read(doing: string, { text }: HttpResponse): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError("unreachable", `cannot ${doing}: the answer is not Azure's`, { hint: "check HTTPS_PROXY" });
  }
}

/** Limits the number of concurrent tasks. The others wait their turn. */
export function limit(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    // A waiting task takes the place of the one that ended
    if (running >= most) await new Promise<void>((begin) => waiting.push(begin));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}

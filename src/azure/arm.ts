import { CliError } from "../errors.ts";
import { limit } from "../http/limit.ts";
import type { Http, HttpRequest, HttpResponse } from "../http/message.ts";
import { retryAfter } from "../http/retry.ts";
import { explainArm, explainEnd, readArmError } from "./arm-error.ts";
import { type Caller, openCaller } from "./caller.ts";
import type { Cloud } from "./cloud.ts";
import type { Identity } from "./identity.ts";
import { begins, follow, statusOf, untilGone } from "./operation.ts";

/** The versions of Azure's APIs that this speaks. */
export const apiVersion = {
  registry: "2025-11-01",
  regionalEndpoints: "2026-01-01-preview",
  resourceGraph: "2022-10-01",
  subscriptions: "2022-12-01",
  permissions: "2022-04-01",
  roleAssignments: "2022-04-01",
} as const;

export type ArmRequest = {
  readonly method: HttpRequest["method"];
  /** From the first slash, without api-version. */
  readonly path: string;
  readonly version: string;
  readonly body?: unknown;
  /** For errors, to stand after `cannot`: `make token demo`. */
  readonly doing: string;
  /** The code of a 409 that passes: while Azure answers it, the request is sent again for up to a minute. */
  readonly passing?: string;
};

export type ListRequest = Omit<ArmRequest, "method" | "body" | "passing"> & {
  readonly filter?: string;
  /** Gets what Azure's clock shows in an answer (`Date`, RFC 9110 6.6.1), where it does. */
  dated?(date: string | undefined): void;
};

/** Azure Resource Manager. */
export type Arm = {
  /**
   * Sends a request and waits for the operation that it may start (Azure-AsyncOperation or Location).
   * @returns the parsed answer, after an operation the resource as it then is; undefined for 404, and for an answer without a body
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

/** Requests in flight: a tenant has thousands of subscriptions, and ARM throttles who asks for all at once. */
const atOnce = 8;

/** The pauses between two tries of what another operation is in the way of. Milliseconds, a minute in all. */
const passingPauses = [1000, 2000, 3000, 4000, ...Array<number>(10).fill(5000)];

export function openArm({ cloud, identity, http, sleep }: ArmOptions): Arm {
  const gate = limit(atOnce);

  const ask = openCaller({ name: "Azure Resource Manager", origin: cloud.resourceManager, audience: "management", identity, http });
  const call: Caller = (...request) => gate(() => ask(...request));

  const follower = { get: (url: string) => call("GET", url), sleep };

  /** The first answer to a request; a conflict that passes is waited out. */
  async function begin({ method, body, passing }: ArmRequest, url: string): Promise<HttpResponse> {
    for (const pause of passing === undefined ? [] : passingPauses) {
      const answer = await call(method, url, body);
      if (answer.status !== 409 || readArmError(answer.text).code !== passing) return answer;
      await sleep(pause);
    }
    return call(method, url, body);
  }

  /** Azure has accepted a deletion. To look at how it goes may take a right that the deletion itself does not. */
  async function deleted(doing: string, url: string, end: HttpResponse): Promise<void> {
    if (end.status === 403 || end.status === 404) {
      const last = await untilGone(doing, url, follower);
      if (last.status !== 404) throw refused(doing, last);
    } else succeeded(doing, end);
  }

  /** What an operation that has ended leaves: nothing of what was deleted, the result of an action, or the resource as it now is. */
  async function outcome({ method, doing }: ArmRequest, url: string, end: HttpResponse): Promise<unknown> {
    if (method === "DELETE") return deleted(doing, url, end);
    succeeded(doing, end);
    if (method === "POST") return parse(doing, end);
    const resource = await call("GET", url);
    if (resource.status !== 200) throw refused(doing, resource);
    return read(doing, resource);
  }

  return {
    async send(request) {
      const { method, path, version, doing } = request;
      const url = `${cloud.resourceManager}${path}?api-version=${version}`;
      const answer = await begin(request, url);
      if (answer.status === 404 && method !== "PUT" && method !== "POST") return undefined;
      if (answer.status >= 300) throw refused(doing, answer);
      if (begins(answer)) return outcome(request, url, await follow(doing, answer, follower));
      return method === "GET" ? read(doing, answer) : parse(doing, answer);
    },

    async list({ path, version, filter, doing, dated }) {
      const items: unknown[] = [];
      const filtered = filter === undefined ? "" : `&$filter=${encodeURIComponent(filter)}`;
      let next: unknown = `${cloud.resourceManager}${path}?api-version=${version}${filtered}`;
      while (typeof next === "string") {
        const answer = await call("GET", next);
        if (answer.status !== 200) throw refused(doing, answer);
        dated?.(answer.header("Date"));
        const page = (read(doing, answer) ?? {}) as { value?: unknown[]; nextLink?: unknown };
        items.push(...(page.value ?? []));
        next = page.nextLink;
      }
      return items;
    },
  };
}

/** Throws unless an operation ended well. */
function succeeded(doing: string, end: HttpResponse): void {
  if (end.status >= 300) throw refused(doing, end);
  const status = statusOf(end.text);
  if (status === "Failed" || status === "Canceled") throw explainEnd(doing, status, refusal(end));
}

const refusal = (answer: HttpResponse) => ({
  status: answer.status,
  text: answer.text,
  retryAfter: retryAfter(answer),
  correlation: answer.header("x-ms-correlation-request-id"),
});

const refused = (doing: string, answer: HttpResponse) => explainArm(doing, refusal(answer));

const parse = (doing: string, answer: HttpResponse): unknown => (answer.text === "" ? undefined : read(doing, answer));

function read(doing: string, { text }: HttpResponse): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError("unreachable", `cannot ${doing}: the answer is not Azure's`, { hint: "check HTTPS_PROXY" });
  }
}

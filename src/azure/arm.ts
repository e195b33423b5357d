import { CliError } from "../errors.ts";
import type { Http, HttpRequest, HttpResponse } from "../http/message.ts";
import { NetworkError } from "../http/network-error.ts";
import { retryAfter } from "../http/retry.ts";
import { explainArm, readArmError } from "./arm-error.ts";
import type { Cloud } from "./cloud.ts";
import type { Identity } from "./identity.ts";

/** The versions of Azure's APIs that this speaks. */
export const apiVersion = { registry: "2025-11-01", resourceGraph: "2022-10-01", subscriptions: "2022-12-01" } as const;

export type ArmRequest = {
  readonly method: HttpRequest["method"];
  /** From the first slash, without api-version. */
  readonly path: string;
  readonly version: string;
  readonly body?: unknown;
  /** For errors, to stand after `cannot`: `make token demo`. */
  readonly doing: string;
};

/** Azure Resource Manager. */
export type Arm = {
  /**
   * Sends a request and waits for the operation that it may start (Azure-AsyncOperation or Location).
   * @returns the parsed answer; undefined for 404, and for an answer without a body
   * @throws CliError
   */
  send(request: ArmRequest): Promise<unknown>;
  /** All pages of a list (`value`, `nextLink`). */
  list(request: Omit<ArmRequest, "method" | "body">): Promise<unknown[]>;
};

/** A started operation is given up on after this long. Milliseconds. */
const patience = 5 * 60_000;

export function openArm(options: { cloud: Cloud; identity: Identity; http: Http; sleep(milliseconds: number): Promise<void> }): Arm {
  const { cloud, identity, http, sleep } = options;

  async function call(method: HttpRequest["method"], url: string, body?: unknown): Promise<HttpResponse> {
    const { origin, href } = new URL(url);
    // Azure's answers name the URLs of operations and of further pages: no other host gets the token.
    if (origin !== cloud.resourceManager)
      throw new CliError("internal", `Azure Resource Manager points to ${origin}, which is not followed`);
    const headers = { Authorization: `Bearer ${(await identity.token()).reveal()}`, "Content-Type": "application/json" };
    try {
      return await http({ method, url: href, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      const kind = error.failure === "timeout" ? "timeout" : "unreachable";
      throw new CliError(kind, `cannot reach Azure: ${error.message}`, { hint: "check the network and HTTPS_PROXY" });
    }
  }

  /** Asks an operation's URL until `done` likes the answer. */
  async function poll(doing: string, url: string, first: HttpResponse, done: (answer: HttpResponse) => boolean): Promise<HttpResponse> {
    let answer = first;
    for (let waited = 0; waited < patience; ) {
      const delay = retryAfter(answer) ?? 1000;
      await sleep(delay);
      waited += Math.max(delay, 100);
      answer = await call("GET", url);
      if (answer.status >= 400) throw refused(doing, answer);
      if (done(answer)) return answer;
    }
    throw new CliError("timeout", `cannot ${doing}: Azure has not finished after ${patience / 60_000} minutes`);
  }

  return {
    async send({ method, path, version, body, doing }) {
      const url = `${cloud.resourceManager}${path}?api-version=${version}`;
      const answer = await call(method, url, body);
      if (answer.status === 404 && method !== "PUT" && method !== "POST") return undefined;
      if (answer.status >= 300) throw refused(doing, answer);
      const operation = answer.header("Azure-AsyncOperation");
      const location = answer.header("Location");
      if (operation !== undefined) {
        const end = await poll(doing, operation, answer, (it) => ended(it.text));
        if (statusOf(end.text) !== "Succeeded") throw failed(doing, end.text);
        return method === "DELETE" ? undefined : parse(doing, await call("GET", url));
      }
      if (answer.status === 202 && location !== undefined)
        return parse(doing, await poll(doing, location, answer, (it) => it.status !== 202));
      return parse(doing, answer);
    },

    async list({ path, version, doing }) {
      const items: unknown[] = [];
      let next: unknown = `${cloud.resourceManager}${path}?api-version=${version}`;
      while (typeof next === "string") {
        const answer = await call("GET", next);
        if (answer.status !== 200) throw refused(doing, answer);
        const page = parse(doing, answer) as { value?: unknown[]; nextLink?: unknown };
        items.push(...(page.value ?? []));
        next = page.nextLink;
      }
      return items;
    },
  };
}

const refused = (doing: string, answer: HttpResponse) =>
  explainArm(doing, { status: answer.status, text: answer.text, retryAfter: retryAfter(answer) });

function failed(doing: string, text: string): CliError {
  const { message } = readArmError(text);
  return new CliError("invalid", `cannot ${doing}: ${message || `Azure's operation ended as ${statusOf(text)}`}`);
}

const ended = (text: string) => ["Succeeded", "Failed", "Canceled"].includes(statusOf(text));

function statusOf(text: string): string {
  try {
    return String((JSON.parse(text) as { status?: unknown }).status);
  } catch {
    return "";
  }
}

function parse(doing: string, { text }: HttpResponse): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError("unreachable", `cannot ${doing}: the answer is not Azure's`, { hint: "check HTTPS_PROXY" });
  }
}

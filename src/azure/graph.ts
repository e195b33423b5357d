import { Busy, CliError, NotYet } from "../errors.ts";
import type { Http, HttpRequest, HttpResponse } from "../http/message.ts";
import { retryAfter } from "../http/retry.ts";
import { readArmError } from "./arm-error.ts";
import { openCaller } from "./caller.ts";
import type { Cloud } from "./cloud.ts";
import type { Identity } from "./identity.ts";
import type { TokenSource } from "./port.ts";
import { signInHint } from "./sign-in-error.ts";

export type GraphRequest = {
  readonly method: HttpRequest["method"];
  /** The path after `/v1.0`, with its slash. */
  readonly path: string;
  /** OData options: `$filter`, `$select`. */
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** For errors, after `cannot`: `make application ci`. */
  readonly doing: string;
};

/** Microsoft Graph v1.0. */
export type Graph = {
  /**
   * @returns the parsed response; undefined if the object of a read does not exist, and for an empty response
   * @throws CliError; NotYet; Busy
   */
  send(request: GraphRequest): Promise<unknown>;
};

export type GraphOptions = { readonly cloud: Cloud; readonly identity: Pick<Identity, "token" | "source">; readonly http: Http };

/** Opens Microsoft Graph. */
export function openGraph({ cloud, identity, http }: GraphOptions): Graph {
  const call = openCaller({ name: "Microsoft Graph", origin: cloud.graph, audience: "graph", identity, http });
  return {
    async send({ method, path, query = {}, body, doing }) {
      const options = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
      const answer = await call(method, `${cloud.graph}/v1.0${path}${options.length > 0 ? `?${options.join("&")}` : ""}`, body);
      if (answer.status === 404 && method === "GET") return undefined;
      if (answer.status >= 300) throw refused(doing, answer, identity.source);
      // A Location with a 200 is not an operation to wait for
      return answer.text === "" ? undefined : read(doing, answer);
    },
  };
}

const refused = (doing: string, answer: HttpResponse, source: TokenSource) =>
  explainGraph(doing, {
    status: answer.status,
    text: answer.text,
    request: answer.header("request-id"),
    retryAfter: retryAfter(answer),
    source,
  });

function read(doing: string, { text }: HttpResponse): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError("unreachable", `cannot ${doing}: the answer is not Microsoft Graph's`, { hint: "check HTTPS_PROXY" });
  }
}

/** An error response of Microsoft Graph. */
export type GraphRefusal = {
  readonly status: number;
  readonly text: string;
  /** The header request-id, by which Microsoft's support finds the request. */
  readonly request?: string | undefined;
  /** Where the token comes from; the Azure CLI if absent. */
  readonly source?: TokenSource | undefined;
  /** Milliseconds. */
  readonly retryAfter?: number | undefined;
};

const otherwise = "or leave out --service-principal: an ACR token takes no rights in Entra ID";

type Meaning = { readonly kind: CliError["kind"]; readonly hint?: string; readonly passes?: true };

/** The meaning of Graph's codes; those of policies as Microsoft documents them. The printed words are Graph's own. */
const byCode: Readonly<Record<string, Meaning>> = {
  Authorization_RequestDenied: {
    kind: "forbidden",
    hint: `ask an administrator of the tenant for the role Application Developer, or to make you an owner of the application, ${otherwise}`,
    passes: true,
  },
  Request_ResourceNotFound: { kind: "notFound", passes: true },
  CredentialInvalidLifetimeAsPerAppPolicy: {
    kind: "invalid",
    hint: "add --expires-in with less than the tenant's policy allows, such as 90d",
  },
  CredentialTypeNotAllowedAsPerAppPolicy: { kind: "forbidden", hint: `ask an administrator of the tenant, ${otherwise}` },
};

/** The meaning of a status if the code is not above. */
const byStatus: Readonly<Record<number, Meaning>> = {
  403: { kind: "forbidden", hint: `ask an administrator of the tenant, ${otherwise}` },
  404: { kind: "notFound", passes: true },
  409: { kind: "conflict" },
  429: { kind: "unreachable", hint: "try again in a minute" },
};

/** Sentences that Graph also returns for a new object that has not replicated yet (azure-cli and others match them too). */
const unheard = /does not reference a valid application|No password credential found/;

/** Graph rejects a write while it replicates another write of the same object: 409 with this code, or 400 with these words. */
const isConcurrent = (code: string, message: string): boolean =>
  code === "Directory_ConcurrencyViolation" || (code === "Request_BadRequest" && /concurrent requests/i.test(message));

/**
 * Converts an error response of Microsoft Graph to an error in words.
 * @param doing the attempted action, for the sentence after `cannot`: `make application ci`
 * @returns NotYet for a temporary error if the object is new; Busy if Graph was applying another write at the same time
 */
export function explainGraph(doing: string, { status, text, request = "", retryAfter, source = "az" }: GraphRefusal): CliError {
  const { code, message } = readArmError(text);
  const words = message === "" ? `Microsoft Graph answered ${status}` : message.replace(/\s+/g, " ").replace(/\.$/, "");
  const traced = /^[\w-]{8,64}$/.test(request) ? ` (request ${request})` : "";
  const says = `cannot ${doing}: ${words}${traced}`;
  if (status === 401) return new CliError("unauthenticated", says, { hint: signInHint[source] });
  const { kind, hint, passes } = byCode[code] ?? byStatus[status] ?? otherStatus(status);
  if (isConcurrent(code, message)) return new Busy(says, retryAfter);
  return passes || unheard.test(message) ? new NotYet(kind, says, { hint }) : new CliError(kind, says, { hint });
}

const otherStatus = (status: number): Meaning =>
  status >= 500 ? { kind: "unreachable", hint: "try again; https://status.azure.com tells of outages" } : { kind: "invalid" };

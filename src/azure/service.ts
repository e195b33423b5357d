import { Busy, CliError, type ErrorKind, NotYet, Unsent, withLines } from "../errors.ts";
import type { Hint } from "../hint.ts";
import { type Http, type HttpRequest, type HttpResponse, parseChallenges } from "../http/message.ts";
import { NetworkError } from "../http/network-error.ts";
import { retryAfter } from "../http/retry.ts";
import { type Json, objectOf, objectsOf, parseObject, textOf } from "../json.ts";
import { Sensitive } from "../sensitive.ts";
import type { Cloud } from "./cloud.ts";
import { type Identity, registryResource } from "./identity.ts";
import type { Audience, AzureIdentity, Exchanged, Identities, TokenSource } from "./port.ts";
import { noToken, passing, signInHint } from "./sign-in-error.ts";

/** Reads a body or an item of a list. Returns undefined if it lacks a required field. */
export type Read<T> = (body: Json) => T | undefined;

/** Azure's services, as errors name them, with the header and the name of the id by which Microsoft's support finds a request. */
const services = {
  Azure: { idHeader: "x-ms-correlation-request-id", idName: "correlation" },
  "Microsoft Graph": { idHeader: "request-id", idName: "request" },
} as const;

/** The parts that all services share. */
export type Connection = { readonly cloud: Cloud; readonly identity: Pick<Identity, "token" | "source">; readonly http: Http };

type Service = Omit<Connection, "cloud"> & {
  readonly name: keyof typeof services;
  readonly origin: string;
  readonly audience: Audience | "graph";
  explain(doing: string, refusal: Refusal): CliError;
};

/** Opens one of Azure's services. Its token is sent to its own host only. In errors, `doing` follows `cannot`: `delete token demo`. */
export function openService({ name, origin: own, audience, identity, http, explain }: Service) {
  async function call(method: HttpRequest["method"], url: string, body?: unknown, isRead?: boolean): Promise<HttpResponse> {
    const { origin, href } = new URL(url);
    // Azure's responses contain the URLs of operations and of further pages. No other host gets the token
    if (origin !== own) throw new CliError("internal", `${name} returned a URL of another host: ${origin}`);
    const token = await identity.token(audience);
    const headers = { Authorization: `Bearer ${token.reveal()}`, "Content-Type": "application/json" };
    return http({ method, url: href, headers, body: JSON.stringify(body), isRead }).catch(unreached);
  }

  const refused = (doing: string, url: string, answer: HttpResponse): CliError => explain(doing, refusalOf(url, answer));

  const refusalOf = (url: string, answer: HttpResponse): Refusal => ({
    status: answer.status,
    text: answer.text,
    path: new URL(url).pathname,
    claims: claimsIn(answer),
    retryAfter: retryAfter(answer),
    id: answer.header(services[name].idHeader),
    source: identity.source,
  });

  /** The object in a response; empty for a response without a body. */
  function bodyOf(doing: string, { text }: HttpResponse): Json {
    const body = text === "" ? {} : parseObject(text);
    if (body) return body;
    throw new CliError("unreachable", `cannot ${doing}: the response is not from ${name}`, { hint: "check HTTPS_PROXY" });
  }

  function required<T>(doing: string, value: T | undefined): T {
    if (value !== undefined) return value;
    throw new CliError("unreachable", `cannot ${doing}: the response of ${name} lacks a field`);
  }

  async function pages<T>(
    doing: string,
    first: { url: string; answer: HttpResponse },
    read: Read<T>,
    dated?: (date: string | undefined) => void,
  ): Promise<T[]> {
    const items: T[] = [];
    for (let { url, answer } = first; ; answer = await call("GET", url)) {
      const page = pageOf(doing, url, answer);
      dated?.(answer.header("Date"));
      items.push(...page.items.map((item) => required(doing, read(item))));
      if (page.next === undefined) return items;
      url = page.next;
    }
  }

  function pageOf(doing: string, url: string, answer: HttpResponse) {
    if (answer.status !== 200) throw refused(doing, url, answer);
    const { value, nextLink, "@odata.nextLink": next = nextLink } = bodyOf(doing, answer);
    return { items: required(doing, Array.isArray(value) ? objectsOf(value) : undefined), next: textOf(next) };
  }

  return { call, refused, refusalOf, bodyOf, required, pages };
}

function unreached(error: unknown): never {
  if (!(error instanceof NetworkError)) throw error;
  const kind = error.failure === "timeout" ? "timeout" : "unreachable";
  const Failure = ["dns", "refused", "untrusted"].includes(error.failure) ? Unsent : CliError;
  throw new Failure(kind, `cannot reach Azure: ${error.message}`, { hint: "check the network and HTTPS_PROXY" });
}

/** The claims challenge of a 401, in base64 (learn.microsoft.com/entra/identity-platform/claims-challenge). */
function claimsIn({ status, header }: HttpResponse): string | undefined {
  if (status !== 401) return undefined;
  const claims = parseChallenges(header("WWW-Authenticate") ?? "").find(({ parameters }) => parameters.claims)?.parameters.claims ?? "";
  return /^[\w+/-]+={0,2}$/.test(claims) ? claims : undefined;
}

export type Refusal = {
  readonly status: number;
  readonly text: string;
  /** Milliseconds. */
  readonly retryAfter?: number | undefined;
  /** The id by which Microsoft's support finds the request. */
  readonly id?: string | undefined;
  /** The requested resource, from the first slash. */
  readonly path?: string | undefined;
  /** The claims challenge of WWW-Authenticate, in base64: the sign-in that Azure requires instead. */
  readonly claims?: string | undefined;
  /** The source of the token; the Azure CLI if absent. */
  readonly source?: TokenSource | undefined;
};

export type Meaning = {
  readonly kind: ErrorKind;
  readonly hint?: Hint;
  /** The problem in the plugin's words. Without it, the service's own words are printed too. */
  readonly problem?: string;
  /** The service's words, if they are printed even with `problem`, or without their identifiers. */
  readonly words?: string;
  /** A new object may not have replicated yet: for how long it may be rejected so, in milliseconds. */
  readonly passes?: number;
  /** Azure rejected the request only because of another one at the same time, or of too many. */
  readonly isBusy?: boolean;
};

/** Reads code and message of `{"error":{"code","message"}}` (Azure REST guidelines); empty for any other body. The message is one line. */
export function readError(text: string): { readonly code: string; readonly message: string } {
  const { code, message } = objectOf(parseObject(text)?.error);
  return { code: textOf(code) ?? "", message: (textOf(message) ?? "").replace(/\s+/g, " ").replace(/\.$/, "") };
}

const outage: Meaning = { kind: "unreachable", hint: "retry later; https://status.azure.com lists outages" };

/** The meaning of a status in every service. Any other status below 500 is an invalid request. */
const byStatus: Readonly<Record<number, Meaning>> = {
  403: { kind: "forbidden" },
  404: { kind: "notFound" },
  408: outage,
  409: { kind: "conflict" },
};

function usualMeaning({ status, source = "az" }: Refusal): Meaning {
  if (status === 401) return { kind: "unauthenticated", hint: signInHint[source] };
  return byStatus[status] ?? (status >= 500 ? outage : { kind: "invalid" });
}

/** Converts an error response to an error. The service's own words and the id for support are on lines of their own. */
export function refusalError(name: keyof typeof services, doing: string, refusal: Refusal, meaning = usualMeaning(refusal)): CliError {
  const { status, text, id = "" } = refusal;
  const { kind, hint, passes, isBusy, problem } = meaning;
  const { words = problem === undefined ? readError(text).message : "" } = meaning;
  // A proxy can put any text into a header
  const trace = /^[\w-]{8,64}$/.test(id) ? `${services[name].idName} ID: ${id}` : undefined;
  const message = `cannot ${doing}: ${problem ?? `${name} returned HTTP ${status}`}`;
  const whole = withLines(message, words, trace);
  if (isBusy) return new Busy(whole, refusal.retryAfter, { kind, hint });
  return passes === undefined ? new CliError(kind, whole, { hint }) : Object.assign(new NotYet(kind, whole, { hint }), { most: passes });
}

/**
 * Exchanges the token of a ServiceAccount for a token of an identity
 * (learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow, third case). The token is sent to the sign-in host only.
 */
export async function exchangeAssertion(
  http: Http,
  { authority }: Cloud,
  { tenant, clientId, assertion }: Parameters<Identities["exchangeAssertion"]>[0],
): Promise<Exchanged> {
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: clientId,
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: assertion.reveal(),
    scope: `${registryResource}/.default`,
  });
  const url = `${authority}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`;
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  const { text, status } = await http({ method: "POST", url, headers, body: form.toString(), isRead: true }).catch(unreached);
  const { access_token: token, error_description: words } = parseObject(text) ?? {};
  if (typeof token === "string") return { token: new Sensitive(token) };
  const [sentence = "", number = ""] = /^AADSTS(\d+): [^\r\n]*/.exec(textOf(words) ?? "") ?? [];
  if (number === "") throw noToken(status);
  return { refused: Number(number), message: sentence.replace(/ (?:Trace|Correlation) ID: .*$/, ""), passes: passing[Number(number)] };
}

/**
 * Returns the identity in an access token of Entra ID (learn.microsoft.com/entra/identity-platform/access-token-claims-reference), for
 * display only. Missing claims are empty. Only the recipient of the token can check its signature.
 */
export function identityIn(token: Sensitive): AzureIdentity {
  // A JWT (RFC 7519)
  const claims = parseObject(Buffer.from(token.reveal().split(".")[1] ?? "", "base64url").toString()) ?? {};
  const text = (name: string) => textOf(claims[name]) ?? "";
  const user = text("upn") || text("unique_name") || text("preferred_username");
  const isApp = text("idtyp") === "app" || user === "";
  const type = isApp ? (text("xms_mirid") === "" ? "servicePrincipal" : "managedIdentity") : "user";
  return { type, name: isApp ? text("appid") || text("azp") : user, objectId: text("oid"), tenant: text("tid") };
}

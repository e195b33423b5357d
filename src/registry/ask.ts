import { type Challenge, type Http, type HttpResponse, parseChallenges } from "../http/message.ts";
import { Sensitive } from "../secret/sensitive.ts";
import { answerOf, readAnswer, readFailure, readRefreshToken, readToken } from "./answers.ts";
import type { Exchanged, ExchangeToken, Login } from "./port.ts";

/** The last response to a request, and its step. */
export type LastResponse = { readonly step: "token" | "manifest"; readonly answer: HttpResponse } | Unusable;

/**
 * Sends a GET to a registry: first without a login, then with it if the registry requires one.
 * @param scope of the token, `repository:team/app:pull`; empty for none
 * @throws NetworkError
 */
export async function ask(
  http: Http,
  { host, path, scope, accept }: { host: string; path: string; scope: string; accept: string },
  login: Login | undefined,
): Promise<LastResponse> {
  const url = `https://${host}${path}`;
  const first = await http({ method: "GET", url, headers: { Accept: accept } });
  const challenge = first.header("WWW-Authenticate");
  if (first.status !== 401 || challenge === undefined) return { step: "manifest", answer: first };
  const entrance = await enter(http, host, challenge, scope, login);
  if ("unusable" in entrance) return entrance;
  if ("answer" in entrance) return { step: "token", answer: entrance.answer };
  const { authorization } = entrance;
  return { step: "manifest", answer: await http({ method: "GET", url, headers: { Accept: accept, Authorization: authorization } }) };
}

/** Why a challenge is not followed: it names another host, it requires a login and there is none, or it is invalid. */
export type Unusable = { readonly unusable: string; readonly why: "elsewhere" | "needs-login" | "odd" };

/** The result of a challenge: the value of Authorization, the last response, or why the challenge is not followed. */
export type Entrance = { readonly authorization: string } | { readonly answer: HttpResponse } | Unusable;

/**
 * Answers a registry's 401 challenge like container runtimes (GET with Basic, the distribution token spec). The login is sent to the
 * registry's own host only: a realm on another host is not followed, whatever the challenge says.
 * @param scope such as `repository:team/app:pull`; empty for none
 */
async function enter(http: Http, host: string, challenge: string, scope: string, login: Login | undefined): Promise<Entrance> {
  const challenges = parseChallenges(challenge);
  const bearer = challenges.find(({ scheme }) => scheme === "bearer");
  if (bearer) return askForToken(http, host, bearer, scope, login);
  const takesBasic = challenges.some(({ scheme }) => scheme === "basic");
  if (takesBasic && login) return { authorization: basic(login) };
  return takesBasic
    ? { unusable: `${host} lets nobody in without a login`, why: "needs-login" }
    : { unusable: `${host} names no way to log in`, why: "odd" };
}

async function askForToken(
  http: Http,
  host: string,
  { parameters }: Challenge,
  scope: string,
  login: Login | undefined,
): Promise<Entrance> {
  const realm = URL.parse(parameters.realm ?? "");
  if (realm?.protocol !== "https:" || realm.host !== URL.parse(`https://${host}`)?.host) {
    return { unusable: `${host} wants the login sent to another place (${realm?.origin ?? "nowhere"})`, why: "elsewhere" };
  }
  realm.searchParams.set("service", parameters.service ?? host);
  if (scope !== "") realm.searchParams.set("scope", scope);
  const headers: Record<string, string> = login ? { Authorization: basic(login) } : {};
  const answer = await http({ method: "GET", url: realm.href, headers });
  return answer.status === 200 ? readAuthorization(host, answer) : { answer };
}

function readAuthorization(host: string, { text }: HttpResponse): Entrance {
  const token = readToken(text);
  return token === undefined ? { unusable: `${host} answered without a token`, why: "odd" } : { authorization: `Bearer ${token}` };
}

function basic({ username, password }: Login): string {
  return `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString("base64")}`;
}

/**
 * Exchanges a token of Entra ID for one of the registry's own (ACR's POST /oauth2/exchange, github.com/Azure/acr docs/AAD-OAuth.md). The
 * token is sent to that host and nowhere else, whatever a challenge says.
 */
export async function exchangeToken(http: Http, host: string, { text, of: { name, tenant } }: ExchangeToken): Promise<Exchanged> {
  const form = new URLSearchParams({ grant_type: "access_token", service: host });
  if (tenant !== "") form.set("tenant", tenant);
  form.set("access_token", text.reveal());
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  try {
    const answer = await http({ method: "POST", url: `https://${host}/oauth2/exchange`, headers, body: form.toString() });
    if (answer.status !== 200) return readAnswer("token", { host, repository: "", reference: "" }, name, answerOf(answer));
    const token = readRefreshToken(answer.text);
    return token === undefined ? { verdict: "unreachable", message: `${host} answered without a token` } : { token: new Sensitive(token) };
  } catch (error) {
    return readFailure(error);
  }
}

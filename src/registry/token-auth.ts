import { type Challenge, parseChallenges } from "../http/challenge.ts";
import type { Http, HttpResponse } from "../http/message.ts";
import { readToken } from "./answers.ts";
import type { Login } from "./port.ts";

/** Why a challenge is not followed: it leads to another host, it wants a login and there is none, or it makes no sense. */
export type Unusable = { readonly unusable: string; readonly why: "elsewhere" | "needs-login" | "odd" };

/** How to get in: what to send as Authorization, or the answer that is the end of it, or why the challenge is not followed. */
export type Entrance = { readonly authorization: string } | { readonly answer: HttpResponse } | Unusable;

/**
 * Answers a registry's 401 challenge as container runtimes do (GET with Basic, the distribution token spec).
 * The login goes to the registry's own host only: a realm elsewhere is not followed, whatever the challenge says.
 * @param scope such as `repository:team/app:pull`; empty for none
 */
export async function enter(http: Http, host: string, challenge: string, scope: string, login: Login | undefined): Promise<Entrance> {
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

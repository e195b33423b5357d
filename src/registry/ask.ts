import { type Challenge, type Http, type HttpResponse, parseChallenges } from "../http/message.ts";
import { textOf } from "../json.ts";
import { Sensitive } from "../sensitive.ts";
import { readAnswer, readFailure, readMember } from "./answers.ts";
import type { Login, Proof, Registry } from "./port.ts";

/**
 * The last response to a request, and its step: the request for a token, or the request itself. `headers`: the login, for the registry's
 * host and no other one.
 */
type Asked = { readonly step: "token" | "manifest"; readonly answer: HttpResponse; readonly headers?: Readonly<Record<string, string>> };

/**
 * Sends a GET to a registry: first without a login, then with it if the registry requires one.
 * @param scope of the token, `repository:team/app:pull`; can be empty
 * @returns the last response, or why the request failed or the login was not sent
 */
export async function ask(
  http: Http,
  { host, path, scope, accept, maxBytes }: { host: string; path: string; scope: string; accept: string; maxBytes?: number | undefined },
  login: Login | undefined,
): Promise<Asked | Proof> {
  const url = `https://${host}${path}`;
  // An image name may have a host that no URL can have: a port above 65535, an invalid address
  if (!URL.canParse(url)) return { verdict: "unreachable", message: `${host} is not a valid host` };
  const get = (headers: Readonly<Record<string, string>>) =>
    http({ method: "GET", url, headers: { Accept: accept, ...headers }, maxBytes });
  try {
    const first = await get({});
    const challenge = first.header("WWW-Authenticate");
    if (first.status !== 401 || challenge === undefined) return { step: "manifest", answer: first };
    const authorization = await authorize(http, host, challenge, scope, login);
    if (typeof authorization !== "string") return authorization;
    const headers = { Authorization: authorization };
    return { step: "manifest", answer: await get(headers), headers };
  } catch (error) {
    return readFailure(error);
  }
}

/**
 * Answers a registry's 401 challenge like container runtimes (GET with Basic, the distribution token spec). The login is sent to the
 * registry's own host only: a realm on another host is not followed, whatever the challenge says.
 * @returns the value of Authorization; or the last response, or why the challenge is not followed
 */
async function authorize(
  http: Http,
  host: string,
  challenge: string,
  scope: string,
  login: Login | undefined,
): Promise<string | Asked | Proof> {
  const challenges = parseChallenges(challenge);
  const bearer = challenges.find(({ scheme }) => scheme === "bearer");
  if (bearer) return requestToken(http, host, bearer, scope, login);
  const takesBasic = challenges.some(({ scheme }) => scheme === "basic");
  if (takesBasic && login) return basic(login);
  return takesBasic
    ? { verdict: "refused", message: `${host} requires a login` }
    : { verdict: "unreachable", message: `${host} offers no supported authentication` };
}

async function requestToken(
  http: Http,
  host: string,
  { parameters }: Challenge,
  scope: string,
  login: Login | undefined,
): Promise<string | Asked | Proof> {
  const realm = URL.parse(parameters.realm ?? "");
  if (realm?.protocol !== "https:" || realm.host !== URL.parse(`https://${host}`)?.host)
    return {
      verdict: "not-checked",
      message: `${host} requests the login for another host (${realm?.origin ?? "unknown"}), so it was not sent`,
    };
  realm.searchParams.set("service", parameters.service ?? host);
  if (scope !== "") realm.searchParams.set("scope", scope);
  const answer = await http({ method: "GET", url: realm.href, headers: login ? { Authorization: basic(login) } : {} });
  if (answer.status !== 200) return { step: "token", answer };
  // ACR uses access_token, others token
  const token = tokenIn(answer, "access_token") ?? tokenIn(answer, "token");
  return token === undefined ? withoutToken(host) : `Bearer ${token}`;
}

function basic({ username, password }: Login): string {
  return `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString("base64")}`;
}

const tokenIn = ({ text }: HttpResponse, name: string): string | undefined => textOf(readMember(text, name)) || undefined;

const withoutToken = (host: string): Proof => ({ verdict: "unreachable", message: `${host} returned no token` });

/**
 * Exchanges a token of Entra ID for one of the registry's own (ACR's POST /oauth2/exchange, github.com/Azure/acr docs/AAD-OAuth.md). The
 * token is sent to that host and nowhere else, whatever a challenge says.
 */
export async function exchangeToken(
  http: Http,
  ...[host, { text, of }]: Parameters<Registry["exchange"]>
): ReturnType<Registry["exchange"]> {
  const form = new URLSearchParams({ grant_type: "access_token", service: host });
  if (of.tenant !== "") form.set("tenant", of.tenant);
  form.set("access_token", text.reveal());
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  try {
    const answer = await http({ method: "POST", url: `https://${host}/oauth2/exchange`, headers, body: form.toString(), isRead: true });
    if (answer.status !== 200) return readAnswer("token", { host, repository: "", reference: "" }, of.name, answer);
    const token = tokenIn(answer, "refresh_token");
    return token === undefined ? withoutToken(host) : { token: new Sensitive(token) };
  } catch (error) {
    return readFailure(error);
  }
}

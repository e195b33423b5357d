import { expect, test } from "vitest";
import type { AzureIdentity } from "../../../src/azure/port.ts";
import type { Http, HttpRequest, HttpResponse } from "../../../src/http/message.ts";
import { NetworkError } from "../../../src/http/network-error.ts";
import type { Login } from "../../../src/registry/port.ts";
import { registryOver } from "../../../src/registry/registry.ts";
import { Sensitive } from "../../../src/sensitive.ts";

const login: Login = { username: "ci", password: new Sensitive("hunter2") };
const answer = (status: number, text = "", headers: Readonly<Record<string, string>> = {}): HttpResponse => ({
  status,
  text,
  header: (name) => headers[name],
});
const bearer = (realm: string) => `Bearer realm="${realm}",service="s"`;

/** Returns a registry that answers the first request with a challenge, a token endpoint that accepts every login, and their requests. */
function world(challenge: string, token = '{"token":"t"}') {
  const sent: HttpRequest[] = [];
  const http: Http = async (request) => {
    sent.push(request);
    if (request.url.includes("/token")) return answer(200, token);
    return request.headers?.["Authorization"] === undefined ? answer(401, "", { "WWW-Authenticate": challenge }) : answer(200);
  };
  return { http, sent };
}

test.for<{ what: string; host: string; challenge: string; as?: Login; token?: string; verdict: string; sent: number }>([
  { what: "its own host", host: "r.azurecr.io", challenge: bearer("https://r.azurecr.io/token"), as: login, verdict: "pulls", sent: 3 },
  {
    what: "its own host, which the image names with its port",
    host: "r.azurecr.io:443",
    challenge: bearer("https://r.azurecr.io/token"),
    as: login,
    verdict: "pulls",
    sent: 3,
  },
  {
    what: "its own host, which the image names in capitals",
    host: "R.azurecr.io",
    challenge: bearer("https://r.azurecr.io/token"),
    as: login,
    verdict: "pulls",
    sent: 3,
  },
  {
    what: "another host",
    host: "r.azurecr.io",
    challenge: bearer("https://auth.docker.io/token"),
    as: login,
    verdict: "not-checked",
    sent: 1,
  },
  {
    what: "another port",
    host: "r.azurecr.io",
    challenge: bearer("https://r.azurecr.io:8443/token"),
    as: login,
    verdict: "not-checked",
    sent: 1,
  },
  {
    what: "its own host without TLS",
    host: "r.azurecr.io",
    challenge: bearer("http://r.azurecr.io/token"),
    as: login,
    verdict: "not-checked",
    sent: 1,
  },
  { what: "nowhere", host: "r.azurecr.io", challenge: bearer("token"), as: login, verdict: "not-checked", sent: 1 },
  { what: "the request itself", host: "r.azurecr.io", challenge: 'Basic realm="r"', as: login, verdict: "pulls", sent: 2 },
  { what: "the request itself, without a login", host: "r.azurecr.io", challenge: 'Basic realm="r"', verdict: "refused", sent: 1 },
  { what: "an unknown scheme", host: "r.azurecr.io", challenge: "Negotiate", as: login, verdict: "unreachable", sent: 1 },
  {
    what: "an endpoint without a token",
    host: "r.azurecr.io",
    challenge: bearer("https://r.azurecr.io/token"),
    as: login,
    token: "{}",
    verdict: "unreachable",
    sent: 2,
  },
])("returns $verdict when a registry requests the login at $what", async ({ host, challenge, as, token, verdict, sent }) => {
  const { http, ...world_ } = world(challenge, token);

  expect((await registryOver(http).prove({ host, repository: "app", reference: "1" }, as)).verdict).toBe(verdict);
  expect(world_.sent.length).toBe(sent);
});

const host = "r.azurecr.io";
const of: AzureIdentity = { type: "user", name: "jane@example.com", objectId: "o-1", tenant: "t-1" };
const token = { text: new Sensitive("entra's"), of };

/** Exchanges a token at a registry with this response. Returns the registry's requests, too. */
async function at(status: number, text: string, given = token) {
  const sent: HttpRequest[] = [];
  const registry = registryOver(async (request) => {
    sent.push(request);
    return { status, text, header: () => undefined };
  });
  return { answer: await registry.exchange(host, given), sent };
}

test("posts a token of Entra ID to the registry's own host and returns the registry's token", async () => {
  const { answer, sent } = await at(200, '{"refresh_token":"the registry\'s"}');

  expect("token" in answer && answer.token.reveal()).toBe("the registry's");
  expect(sent).toEqual([
    {
      method: "POST",
      url: "https://r.azurecr.io/oauth2/exchange",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: "grant_type=access_token&service=r.azurecr.io&tenant=t-1&access_token=entra%27s",
      isRead: true,
    },
  ]);
});

test("omits an unknown tenant", async () => {
  const { sent } = await at(200, "{}", { ...token, of: { ...of, tenant: "" } });

  expect(sent[0]?.body).toBe("grant_type=access_token&service=r.azurecr.io&access_token=entra%27s");
});

const errors = (message: string) => JSON.stringify({ errors: [{ code: "X", message }] });

test.for([
  {
    status: 401,
    text: errors("authentication required. CorrelationId: 1"),
    verdict: "refused",
    message: 'r.azurecr.io rejected user "jane@example.com" (401 Unauthorized)\n* authentication required. CorrelationId: 1',
  },
  {
    status: 403,
    text: errors("client with IP 'x' is not allowed access"),
    verdict: "blocked",
    message: "the firewall of r.azurecr.io blocks this machine (403 Forbidden)\n* client with IP 'x' is not allowed access",
  },
  { status: 429, text: "", verdict: "throttled", message: "r.azurecr.io is throttling requests (429 Too Many Requests)" },
  { status: 404, text: "", verdict: "unreachable", message: "r.azurecr.io returned HTTP 404 for the token request" },
  ...["", "{}", "null", '{"refresh_token":""}', '{"refresh_token":7}', '{"access_token":"x"}', "<html>"].map((text) => ({
    status: 200,
    text,
    verdict: "unreachable",
    message: "r.azurecr.io returned no token",
  })),
])("returns $verdict when the response is $status $text", async ({ status, text, verdict, message }) => {
  expect((await at(status, text)).answer).toEqual({ verdict, message });
});

test("returns a network error as a verdict and throws any other error", async () => {
  const fails = (error: Error) => registryOver(() => Promise.reject(error)).exchange(host, token);

  expect(await fails(new NetworkError("refused", "nobody is there"))).toEqual({ verdict: "unreachable", message: "nobody is there" });
  await expect(fails(new Error("a defect"))).rejects.toThrow("a defect");
});

test.for(["r.example:99999", "1.2.3.999", "[::::]", "xn--a.b"])("sends no request when the host %s is invalid in a URL", async (host) => {
  const { http, sent } = world("");
  const proof = await registryOver(http).prove({ host, repository: "app", reference: "1" }, login);

  expect({ proof, sent }).toEqual({ proof: { verdict: "unreachable", message: `${host} is not a valid host` }, sent: [] });
});

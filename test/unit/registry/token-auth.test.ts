import { expect, test } from "vitest";
import type { Http, HttpRequest, HttpResponse } from "../../../src/http/message.ts";
import type { Login } from "../../../src/registry/port.ts";
import { prove } from "../../../src/registry/prove.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";

const login: Login = { username: "ci", password: new Sensitive("hunter2") };
const answer = (status: number, text = "", headers: Readonly<Record<string, string>> = {}): HttpResponse => ({
  status,
  text,
  header: (name) => headers[name],
});
const bearer = (realm: string) => `Bearer realm="${realm}",service="s"`;

/** A registry that answers the first request with a challenge, a token endpoint that knows everybody, and what it was asked. */
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
  { what: "the request itself, of nobody", host: "r.azurecr.io", challenge: 'Basic realm="r"', verdict: "refused", sent: 1 },
  { what: "a scheme that nobody knows", host: "r.azurecr.io", challenge: "Negotiate", as: login, verdict: "unreachable", sent: 1 },
  {
    what: "an endpoint without a token",
    host: "r.azurecr.io",
    challenge: bearer("https://r.azurecr.io/token"),
    as: login,
    token: "{}",
    verdict: "unreachable",
    sent: 2,
  },
])("a registry that wants the login at $what: $verdict", async ({ host, challenge, as, token, verdict, sent }) => {
  const { http, ...world_ } = world(challenge, token);

  expect((await prove(http, { host, repository: "app", reference: "1" }, as)).verdict).toBe(verdict);
  expect(world_.sent.length).toBe(sent);
});

import { expect, test } from "vitest";
import type { EntraToken } from "../../../src/azure/port.ts";
import type { HttpRequest } from "../../../src/http/message.ts";
import { NetworkError } from "../../../src/http/network-error.ts";
import { exchange } from "../../../src/registry/exchange.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";

const host = "r.azurecr.io";
const of = { type: "user", name: "jane@example.com", objectId: "o-1", tenant: "t-1" } as const;
const token: EntraToken = { text: new Sensitive("entra's"), of };

/** Exchanges at a registry that answers so, and tells what it was sent. */
async function at(status: number, text: string, given = token) {
  const sent: HttpRequest[] = [];
  const answer = await exchange(
    async (request) => {
      sent.push(request);
      return { status, text, header: () => undefined };
    },
    host,
    given,
  );
  return { answer, sent };
}

test("a token of Entra ID is posted to the registry's own host, and the registry's comes back", async () => {
  const { answer, sent } = await at(200, '{"refresh_token":"the registry\'s"}');

  expect("token" in answer && answer.token.reveal()).toBe("the registry's");
  expect(sent).toEqual([
    {
      method: "POST",
      url: "https://r.azurecr.io/oauth2/exchange",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: "grant_type=access_token&service=r.azurecr.io&tenant=t-1&access_token=entra%27s",
    },
  ]);
});

test("a tenant that is not known is not sent", async () => {
  const { sent } = await at(200, "{}", { ...token, of: { ...of, tenant: "" } });

  expect(sent[0]?.body).toBe("grant_type=access_token&service=r.azurecr.io&access_token=entra%27s");
});

const errors = (message: string) => JSON.stringify({ errors: [{ code: "X", message }] });

test.for([
  {
    status: 401,
    text: errors("authentication required. CorrelationId: 1"),
    verdict: "refused",
    message: 'r.azurecr.io refused user "jane@example.com" (401 Unauthorized): authentication required. CorrelationId: 1',
  },
  {
    status: 403,
    text: errors("client with IP 'x' is not allowed access"),
    verdict: "blocked",
    message: "r.azurecr.io does not let this machine in (403 Forbidden): client with IP 'x' is not allowed access",
  },
  { status: 429, text: "", verdict: "throttled", message: "r.azurecr.io answers no more requests for now (429 Too Many Requests)" },
  { status: 404, text: "", verdict: "unreachable", message: "r.azurecr.io answered 404 when asked for a token" },
  ...["", "{}", "null", '{"refresh_token":""}', '{"refresh_token":7}', '{"access_token":"x"}', "<html>"].map((text) => ({
    status: 200,
    text,
    verdict: "unreachable",
    message: "r.azurecr.io answered without a token",
  })),
])("$status $text: $verdict", async ({ status, text, verdict, message }) => {
  expect((await at(status, text)).answer).toEqual({ verdict, message });
});

test("where no answer comes that is said, and what is thrown otherwise goes on", async () => {
  const fails = (error: Error) => exchange(() => Promise.reject(error), host, token);

  expect(await fails(new NetworkError("refused", "nobody is there"))).toEqual({ verdict: "unreachable", message: "nobody is there" });
  await expect(fails(new Error("a defect"))).rejects.toThrow("a defect");
});

import { expect, test } from "vitest";
import { explainNetwork } from "../../../src/http/network-error.ts";
import { readAnswer, readFailure } from "../../../src/registry/answers.ts";

const image = { host: "r.azurecr.io", repository: "team/app", reference: "1" };
const errors = (code: string, message: string) => JSON.stringify({ errors: [{ code, message, detail: null }] });
const denied = errors("DENIED", "client with IP '10.0.0.1' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.");

test.for([
  { step: "manifest", status: 200, verdict: "pulls", message: 'user "acr" can pull r.azurecr.io/team/app:1' },
  {
    step: "token",
    status: 401,
    text: errors("UNAUTHORIZED", "authentication required, visit https://aka.ms/acr/authorization for more information."),
    verdict: "refused",
    message:
      'r.azurecr.io rejected user "acr" (401 Unauthorized)\n* authentication required, visit https://aka.ms/acr/authorization for more information.',
  },
  {
    step: "manifest",
    status: 401,
    challenge: 'Bearer realm="x",error="insufficient_scope"',
    verdict: "out-of-scope",
    message: 'user "acr" cannot pull from repository team/app of r.azurecr.io',
  },
  {
    step: "manifest",
    status: 401,
    challenge: 'Bearer error="invalid_token"',
    verdict: "refused",
    message: 'r.azurecr.io rejected user "acr" (401 Unauthorized)',
  },
  // A registry with ABAC
  ...(
    [
      ["manifest", 'Bearer realm="x"', "out-of-scope"],
      ["manifest", 'Bearer realm="x",error="invalid_token"', "refused"],
      ["token", 'Bearer realm="x"', "refused"],
    ] as const
  ).map(([step, challenge, verdict]) => ({
    step,
    status: 401,
    text: JSON.stringify({
      errors: [{ code: "UNAUTHORIZED", message: "", detail: [{ Type: "repository", Name: "team/app", Action: "pull" }] }],
    }),
    challenge,
    verdict,
    message:
      verdict === "refused"
        ? 'r.azurecr.io rejected user "acr" (401 Unauthorized)'
        : 'user "acr" cannot pull from repository team/app of r.azurecr.io',
  })),
  {
    step: "manifest",
    status: 404,
    text: errors("MANIFEST_UNKNOWN", "no"),
    verdict: "not-found",
    message: "tag 1 not found in repository team/app of r.azurecr.io",
  },
  {
    step: "manifest",
    status: 404,
    text: errors("NAME_UNKNOWN", "no"),
    verdict: "not-found",
    message: 'repository "team/app" not found in r.azurecr.io',
  },
  {
    step: "token",
    status: 403,
    text: errors("UNAUTHORIZED", "cannot read the header Authorization: Basic dTpodW50ZXIy"),
    verdict: "denied",
    message: 'r.azurecr.io denied user "acr" (403 Forbidden)\n* cannot read the header Authorization: Basic ***',
  },
  {
    step: "token",
    status: 403,
    text: denied,
    verdict: "blocked",
    message:
      "the firewall of r.azurecr.io blocks this machine (403 Forbidden)\n* client with IP '10.0.0.1' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.",
  },
  {
    step: "token",
    status: 403,
    text: errors("DENIED", "requested access to the resource is denied"),
    verdict: "out-of-scope",
    message: 'user "acr" cannot pull from repository team/app of r.azurecr.io\n* requested access to the resource is denied',
  },
  ...(["token", "manifest"] as const).map((step) => ({
    step,
    status: 401,
    text: errors("UNAUTHORIZED", "authentication required with source registry for cache rule 'hub'."),
    challenge: 'Bearer realm="x",error="insufficient_scope"',
    verdict: "cache-rule",
    message:
      "r.azurecr.io cannot pull team/app from the source of its artifact cache rule\n* authentication required with source registry for cache rule 'hub'.",
  })),
  {
    step: "manifest",
    status: 404,
    text: errors("MANIFEST_UNKNOWN", "no source registry for cache rule"),
    verdict: "not-found",
    message: "tag 1 not found in repository team/app of r.azurecr.io",
  },
  {
    step: "manifest",
    status: 403,
    challenge: 'Bearer realm="x",error="insufficient_scope"',
    verdict: "out-of-scope",
    message: 'user "acr" cannot pull from repository team/app of r.azurecr.io',
  },
  {
    step: "manifest",
    status: 403,
    text: errors("DENIED", "the registry is being moved"),
    correlation: "6c0e2f4a-0b1d-4a5e-9f00-0123456789ab",
    verdict: "denied",
    message:
      'r.azurecr.io denied user "acr" (403 Forbidden)\n* the registry is being moved\n* correlation ID: 6c0e2f4a-0b1d-4a5e-9f00-0123456789ab',
  },
  { step: "token", status: 403, text: "<html>", verdict: "denied", message: 'r.azurecr.io denied user "acr" (403 Forbidden)' },
  {
    step: "token",
    status: 401,
    text: errors("UNAUTHORIZED", "authentication required. CorrelationId: 1111"),
    correlation: "6c0e2f4a-0b1d-4a5e-9f00-0123456789ab",
    verdict: "refused",
    message: 'r.azurecr.io rejected user "acr" (401 Unauthorized)\n* authentication required. CorrelationId: 1111',
  },
  {
    step: "manifest",
    status: 502,
    correlation: "\u001b[2J",
    verdict: "unreachable",
    message: "r.azurecr.io returned HTTP 502 for the manifest request",
  },
  { step: "token", status: 429, verdict: "throttled", message: "r.azurecr.io is throttling requests (429 Too Many Requests)" },
  { step: "token", status: 404, verdict: "unreachable", message: "r.azurecr.io returned HTTP 404 for the token request" },
  {
    step: "manifest",
    status: 502,
    text: "<html>",
    verdict: "unreachable",
    message: "r.azurecr.io returned HTTP 502 for the manifest request",
  },
  { step: "manifest", status: 307, verdict: "unreachable", message: "r.azurecr.io returned HTTP 307 for the manifest request" },
] as const)("reads $status for the $step as $verdict", (row) => {
  const { step, status, verdict, message } = row;
  const text = ("text" in row ? row.text : undefined) ?? "";
  const challenge = "challenge" in row ? row.challenge : undefined;
  const correlation = "correlation" in row ? row.correlation : undefined;

  const header = (name: string) => ({ "WWW-Authenticate": challenge, "x-ms-correlation-request-id": correlation })[name];

  const noRepository = text.includes("NAME_UNKNOWN") && { noRepository: true };

  expect(readAnswer(step, image, "acr", { status, text, header })).toEqual({ verdict, message, ...noRepository });
});

test("names an anonymous user when there is no login", () => {
  const { message } = readAnswer("token", image, undefined, { status: 401, text: "", header: () => undefined });

  expect(message).toBe("r.azurecr.io rejected an anonymous user (401 Unauthorized)");
});

test.for([
  ["ENOTFOUND", "unreachable", "lookup of r.azurecr.io failed: no such host"],
  ["EAI_AGAIN", "unreachable", "lookup of r.azurecr.io failed: no such host"],
  ["ECONNREFUSED", "unreachable", "r.azurecr.io refused the connection"],
  ["ETIMEDOUT", "unreachable", "r.azurecr.io did not respond"],
  ["ENETUNREACH", "unreachable", "there is no route to r.azurecr.io"],
  ["ECONNRESET", "unreachable", "the connection to r.azurecr.io was interrupted (ECONNRESET)"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "untrusted", "the certificate of r.azurecr.io is signed by an unknown authority"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "untrusted", "the certificate of r.azurecr.io is signed by an unknown authority"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "untrusted", "the certificate of r.azurecr.io is signed by an unknown authority"],
  ["CERT_HAS_EXPIRED", "untrusted", "the certificate of r.azurecr.io has expired"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "untrusted", "the certificate of r.azurecr.io is for another name"],
] as const)("reads %s as %s: %s", ([code, verdict, message]) => {
  const error = explainNetwork(Object.assign(new Error("boom"), { code }), { host: "r.azurecr.io", proxy: undefined });

  expect(readFailure(error)).toEqual({ verdict, message });
});

test("names the proxy instead of the host when the proxy fails", () => {
  const error = explainNetwork(Object.assign(new Error("boom"), { code: "ECONNREFUSED" }), {
    host: "r.azurecr.io",
    proxy: new URL("http://proxy.corp:3128"),
  });

  expect(error.message).toBe("the proxy proxy.corp:3128 refused the connection");
});

test("names no repository when the registry denied a login without one", () => {
  const text = errors("DENIED", "requested access to the resource is denied");

  const answer = { status: 403, text, header: () => undefined };

  expect(readAnswer("token", { host: "r.azurecr.io", repository: "", reference: "" }, "acr", answer)).toEqual({
    verdict: "out-of-scope",
    message: 'user "acr" cannot pull from r.azurecr.io\n* requested access to the resource is denied',
  });
});

test("reads a long message of a registry in little time", () => {
  const text = errors("DENIED", "client with IP ".repeat(30_000));
  const start = performance.now();

  expect(readAnswer("manifest", image, "acr", { status: 403, text, header: () => undefined })).toMatchObject({ verdict: "denied" });
  expect(performance.now() - start).toBeLessThan(2000);
});

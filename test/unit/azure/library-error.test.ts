import { expect, test } from "vitest";
import { explainLibrary } from "../../../src/azure/library-error.ts";
import type { TokenSource } from "../../../src/azure/port.ts";

/** Formats the response of a token endpoint as MSAL does. */
const msal = (description: string) =>
  `ManagedIdentityCredential: Authentication failed. Message Error(s): Not Available - Timestamp: Not Available - Description: ${description} - Correlation ID: Not Available - Trace ID: Not Available`;
const notJson = (status: number, body: string) =>
  `A client error occured.\nHttp status code: ${status}\nHttp status message: ${body}\nHeaders: {"server":"keryx","content-type":"text/html"}`;

test.for<{ source: TokenSource; said: string; kind: string; message: string; hint: RegExp }>([
  ...[
    msal(notJson(404, "<html>not here</html>")),
    msal(notJson(403, "Unknown")),
    msal("Not Available"),
    "ManagedIdentityCredential: Authentication failed. Message Unexpected token '<', \"<html>\" is not valid JSON",
    'Response had no "accessToken" property.',
    "No response.",
    "ManagedIdentityCredential: Authentication failed. Message network_error: network_error",
  ].map((said) => ({
    source: "managed" as const,
    said,
    kind: "config",
    message: "no managed identity endpoint on this machine",
    hint: /--auth=managed/,
  })),
  {
    source: "managed",
    said: msal("Identity not found"),
    kind: "unauthenticated",
    message: "Azure gave no token: Identity not found",
    hint: /^otherwise$/,
  },
  {
    source: "managed",
    said: "ManagedIdentityCredential: Specifying a user-assigned managed identity is not supported for CloudShell at runtime. When using…",
    kind: "config",
    message: "this platform does not let a managed identity be chosen",
    hint: /AZURE_CLIENT_ID/,
  },
  {
    source: "managed",
    said: "identity_endpoint_url_malformed: The environment variable is malformed",
    kind: "config",
    message: "the address of the managed identity endpoint is invalid",
    hint: /IDENTITY_ENDPOINT/,
  },
  {
    source: "managed",
    said: "ManagedIdentityCredential: Authentication failed. Message unable_to_read_secret_file: Unable to read the secret file.",
    kind: "config",
    message: "the managed identity of this platform cannot be used",
    hint: /Azure Arc/,
  },
  {
    source: "env",
    said: notJson(502, "<html>"),
    kind: "unreachable",
    message: "Azure's sign-in service answered 502 without a token",
    hint: /HTTPS_PROXY/,
  },
  {
    source: "env",
    said: "error:1C800064:Provider routines::bad decrypt",
    kind: "config",
    message: "the private key of the client certificate cannot be read",
    hint: /AZURE_CLIENT_CERTIFICATE_PASSWORD/,
  },
  {
    source: "env",
    said: "Invalid tenant id provided. You can locate your tenant id by following the instructions listed here: https://x",
    kind: "config",
    message: "the tenant id is invalid",
    hint: /AZURE_TENANT_ID/,
  },
  ...["endpoints_resolution_error: Endpoints cannot be resolved", 'The authorityHost address must use the "https" protocol.'].map(
    (said) => ({
      source: "workload" as const,
      said,
      kind: "config",
      message: "the sign-in host is not one of Entra ID",
      hint: /AZURE_AUTHORITY_HOST/,
    }),
  ),
  {
    source: "env",
    said: "invalid_client: Error(s): 7000215 - Timestamp: x - Description: AADSTS7000215: Invalid client secret provided. Trace ID: 0a\r\nTimestamp: y - Correlation ID: 0b - Trace ID: 0c",
    kind: "unauthenticated",
    message:
      "Azure refused the client secret: it is wrong, or was made less than a minute ago (AADSTS7000215: Invalid client secret provided)",
    hint: /AZURE_CLIENT_SECRET/,
  },
  {
    source: "env",
    said: "WorkloadIdentityCredential: is unavailable. something of programs",
    kind: "unauthenticated",
    message: "Azure gave no token: it said nothing",
    hint: /^otherwise$/,
  },
])("reports $message for $source when the library says $said", ({ source, said, kind, message, hint }) => {
  const error = explainLibrary(said, source, "otherwise");

  expect({ kind: error.kind, message: error.message }).toEqual({ kind, message });
  expect(error.hint).toMatch(hint);
  expect(error.message).not.toMatch(/Headers|Correlation|Trace ID|[<{]/);
});

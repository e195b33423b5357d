import { expect, test } from "vitest";
import type { TokenSource } from "../../../src/azure/port.ts";
import { explainEndpoint, explainLibrary, explainSignIn } from "../../../src/azure/sign-in-error.ts";
import { formatCommand, hintText, shell } from "../../../src/hint.ts";

const trace = " Trace ID: 0a Correlation ID: 0b Timestamp: 2026-11-24 13:25:18Z";
const interactive = "Interactive authentication is needed. Please run:\naz login --scope https://management.azure.com//.default\n";

test.for([
  {
    said: "ERROR: Please run 'az login' to setup account.\n",
    kind: "unauthenticated",
    message: "not logged in to Azure",
    hint: "az login",
  },
  {
    said: `ERROR: AADSTS50076: Due to a configuration change made by your administrator, you must use multi-factor authentication.${trace}\n${interactive}`,
    kind: "unauthenticated",
    message:
      "Azure requires multi-factor authentication\n* AADSTS50076: Due to a configuration change made by your administrator, you must use multi-factor authentication.",
    hint: "az login --scope https://management.azure.com//.default",
  },
  {
    said: `ERROR: AADSTS700082: The refresh token has expired due to inactivity.${trace}\n${interactive}`,
    kind: "unauthenticated",
    message: "the Azure sign-in has expired\n* AADSTS700082: The refresh token has expired due to inactivity.",
    hint: "az login --scope https://management.azure.com//.default",
  },
  {
    said: `AADSTS53003: Access has been blocked by Conditional Access policies.${trace}`,
    kind: "forbidden",
    message:
      "a Conditional Access policy of the tenant blocks this Azure sign-in\n* AADSTS53003: Access has been blocked by Conditional Access policies.",
    hint: "sign in from a device or network that the policy allows, or use a service principal or a managed identity",
  },
  {
    said: "ERROR: Error loading command module 'monitor': boom\nERROR: Unable to get authority configuration for https://login.microsoftonline.com/nope.",
    kind: "unauthenticated",
    message: "the Azure tenant does not exist in this cloud",
    hint: { ...shell("az cloud show"), when: "check the tenant ID, and the cloud of the Azure CLI" },
  },
  {
    said: `invalid_client: Error(s): 7000215 - Timestamp: x - Description: AADSTS7000215: Invalid client secret provided.${trace}`,
    kind: "unauthenticated",
    message: "Azure rejected the client secret: it is wrong or less than a minute old\n* AADSTS7000215: Invalid client secret provided.",
    hint: "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
  },
  {
    said: "ERROR: HTTPSConnectionPool(host='login.microsoftonline.com', port=443): Max retries exceeded with url: /x",
    kind: "unreachable",
    message: "Azure's sign-in service cannot be reached",
    hint: "check the network and HTTPS_PROXY",
  },
  {
    said: "ERROR: HTTPSConnectionPool(host='x'): Max retries exceeded (Caused by SSLError(SSLCertVerificationError(1, 'CERTIFICATE_VERIFY_FAILED')))",
    kind: "unreachable",
    message: "the Azure CLI does not trust the TLS certificate of Azure or of a proxy",
    hint: "set REQUESTS_CA_BUNDLE to a file with the proxy's CA certificate",
  },
  {
    said: "ERROR: Subscription 'x' not found. Check the spelling and casing and try again.",
    kind: "notFound",
    message: "subscription not found in the Azure CLI",
    hint: "az account list --output table",
  },
  { said: "ERROR: unrecognized arguments: --scope", kind: "config", message: "the Azure CLI is too old", hint: "az upgrade" },
  {
    said: "FutureWarning: x\nERROR: Error loading command module 'rdbms'\nERROR: something new\n",
    kind: "unauthenticated",
    message: "Azure returned no token\n* something new",
    hint: "az login",
  },
  { said: "", kind: "unauthenticated", message: "Azure returned no token", hint: "az login" },
])("explains: $message", ({ said, ...shown }) => {
  const { kind, message, hint } = explainSignIn(said);

  expect({ kind, message, hint }).toEqual(shown);
});

const factors = ["Azure requires multi-factor authentication", /^az login$/] as const;
const expired = ["the Azure sign-in has expired", /^az login$/] as const;
const blocked = [
  "a Conditional Access policy of the tenant blocks this Azure sign-in",
  /device or network that the policy allows/,
] as const;
const consent = ["the Azure tenant does not allow this identity to request this token", /consent/] as const;
const assertion = ["Azure rejected the client certificate or federated assertion", /federated credentials/] as const;

test.for([
  [50076, ...factors],
  [50079, ...factors],
  [50078, ...factors],
  [700082, ...expired],
  [70043, ...expired],
  [50173, ...expired],
  [700084, ...expired],
  [53003, ...blocked],
  [53000, ...blocked],
  [53001, ...blocked],
  [530003, ...blocked],
  [530084, ...blocked],
  ...[40010, 90006, 90024, 90033, 90055].map((number) => [number, "Azure's sign-in service is unavailable", /in a minute/] as const),
  [90002, "the Azure tenant does not exist in this cloud", /az cloud show/],
  [700016, "application not found in this Azure tenant", /AZURE_CLIENT_ID/],
  [7000222, "the client secret has expired", /create a new one/],
  [500011, ...consent],
  [50001, ...consent],
  [65001, ...consent],
  [70021, ...assertion],
  [700211, ...assertion],
  [700212, ...assertion],
  [700213, ...assertion],
  [700024, ...assertion],
  [50057, "Azure returned no token", /^az login$/],
] as const)("explains AADSTS%i: %s", ([number, message, hint]) => {
  const error = explainSignIn(`AADSTS${number}: text.${trace}`);
  expect(error.message).toBe(`${message}\n* AADSTS${number}: text.`);
  expect(error.hint && hintText(error.hint, formatCommand)).toMatch(hint);
});

test.for([53003, 530084, 90033])("does not repeat the command of az when another sign-in changes nothing: AADSTS%i", (number) => {
  const said = `ERROR: AADSTS${number}: text.${trace}\nInteractive authentication is needed. Please run:\naz login --scope x\n`;

  expect(explainSignIn(said).hint).not.toContain("az login");
});

test.for([
  [404, "config"],
  [403, "forbidden"],
  [429, "unreachable"],
  [503, "unreachable"],
  [400, undefined],
  [200, undefined],
] as const)("explains HTTP %i of the machine's endpoint as %s", ([status, kind]) => {
  expect(explainEndpoint(status)?.kind).toBe(kind);
});

test("hints at no az command when another source gives no token", () => {
  for (const said of ["AADSTS50076: MFA.", "AADSTS700082: Expired.", "something new"])
    expect(explainSignIn(said, "check the AZURE_* variables").hint).toBe("check the AZURE_* variables");
});

test("repeats the command of az with its claims challenge", () => {
  const command = 'az login --tenant "t-1" --scope "https://management.core.windows.net//.default" --claims-challenge "eyJhIjp7fX0="';
  const said = `ERROR: AADSTS50076: You must use multi-factor authentication.${trace}\nRun the command below to authenticate interactively; additional arguments may be added as needed:\naz logout\n${command}\n`;

  expect(explainSignIn(said).hint).toBe(command);
});

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
    message: "Azure returned no token\n* Identity not found",
    hint: /that this machine has a managed identity$/,
  },
  {
    source: "managed",
    said: "ManagedIdentityCredential: Specifying a user-assigned managed identity is not supported for CloudShell at runtime.",
    kind: "unauthenticated",
    message: "Azure returned no token\n* Specifying a user-assigned managed identity is not supported for CloudShell at runtime.",
    hint: /AZURE_CLIENT_ID/,
  },
  {
    source: "env",
    said: notJson(502, "<html>"),
    kind: "unreachable",
    message: "Azure's sign-in service returned HTTP 502 and no token",
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
    source: "workload",
    said: 'The authorityHost address must use the "https" protocol.',
    kind: "unauthenticated",
    message: 'Azure returned no token\n* The authorityHost address must use the "https" protocol.',
    hint: /^check the AZURE_\* variables$/,
  },
  {
    source: "env",
    said: "invalid_client: Error(s): 7000215 - Timestamp: x - Description: AADSTS7000215: Invalid client secret provided. Trace ID: 0a\r\nTimestamp: y - Correlation ID: 0b - Trace ID: 0c",
    kind: "unauthenticated",
    message: "Azure rejected the client secret: it is wrong or less than a minute old\n* AADSTS7000215: Invalid client secret provided.",
    hint: /AZURE_CLIENT_SECRET/,
  },
])("reports $message for $source when the library says $said", ({ source, said, kind, message, hint }) => {
  const error = explainLibrary(said, source);

  expect({ kind: error.kind, message: error.message }).toEqual({ kind, message });
  expect(error.hint).toMatch(hint);
  expect(error.message).not.toMatch(/Headers|Correlation|Trace ID|[<{]/);
});

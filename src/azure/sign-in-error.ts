import { CliError, type ErrorKind, withLines } from "../errors.ts";
import { type Hint, shell } from "../hint.ts";
import type { NetworkError } from "../http/network-error.ts";
import type { TokenSource } from "./port.ts";

/**
 * The AADSTS numbers that may pass. `young`: Entra ID learns of a new federated credential, and of the keys of its issuer, after some
 * minutes. `transient`: it is overloaded, or a part of it is unavailable.
 */
export const passing: Readonly<Record<number, "young" | "transient">> = {
  70021: "young",
  700211: "young",
  700212: "young",
  700213: "young",
  50166: "young",
  501661: "young",
  90061: "young",
  40010: "transient",
  90006: "transient",
  90024: "transient",
  90033: "transient",
  90055: "transient",
};

/** A response without an error of Entra ID. Its 429 is plain text. Any other may be a proxy's. */
export const noToken = (status: number): CliError =>
  new CliError("unreachable", `Azure's sign-in service returned HTTP ${status} and no token`, {
    hint: status === 429 ? "retry in a minute" : "check HTTPS_PROXY and AZURE_AUTHORITY_HOST",
  });

/** Whether a sign-in that was rejected with this text may succeed soon. */
export const mayPass = (text: string): boolean =>
  [...text.matchAll(/AADSTS(\d+)/g)].some(([, number]) => passing[Number(number)] !== undefined);

type Explanation = { readonly pattern: RegExp; readonly kind?: ErrorKind; readonly message: string; readonly hint?: Hint };

const checkVariables = "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET";

/** The fix if Azure rejects a token, by the source of the token. */
export const signInHint: Readonly<Record<TokenSource, string>> = {
  az: "az login",
  env: checkVariables,
  workload: "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE",
  managed: "check AZURE_CLIENT_ID, and that this machine has a managed identity",
};

/**
 * Explains texts of Entra ID and the Azure CLI. Without a hint, the fix is to sign in again. The first match counts. The last
 * line of an unknown text is printed unchanged.
 */
const explanations: readonly Explanation[] = [
  { pattern: /AADSTS5007[689]/, message: "Azure requires multi-factor authentication" },
  { pattern: /AADSTS(?:700082|70043|50173|700084)/, message: "the Azure sign-in has expired" },
  {
    pattern: /AADSTS(?:53003|53000|53001|530003)/,
    kind: "forbidden",
    message: "a Conditional Access policy of the tenant blocks this Azure sign-in",
    hint: "sign in from a device or network that the policy allows, or ask the tenant's administrator",
  },
  {
    pattern: /AADSTS90002|Unable to get authority configuration/,
    message: "the Azure tenant does not exist in this cloud",
    hint: { ...shell("az cloud show"), when: "check the tenant ID, and the cloud of the Azure CLI" },
  },
  { pattern: /AADSTS700016/, message: "application not found in this Azure tenant", hint: checkVariables },
  {
    pattern: /AADSTS7000215/,
    message: "Azure rejected the client secret: it is wrong or less than a minute old",
    hint: checkVariables,
  },
  { pattern: /AADSTS7000222/, message: "the client secret has expired", hint: "create a new one and set AZURE_CLIENT_SECRET" },
  {
    pattern: /AADSTS(?:500011|50001|65001)/,
    kind: "forbidden",
    message: "the Azure tenant does not allow this identity to request this token",
    hint: "ask the tenant's administrator for consent",
  },
  {
    pattern: /AADSTS(?:70021|70021[123]|700024|700027)\b/,
    message: "Azure rejected the client certificate or federated assertion",
    hint: "check the application's certificates and federated credentials",
  },
  {
    pattern: /AADSTS530084/,
    kind: "forbidden",
    message: "a Conditional Access policy of the tenant requires token protection, which this sign-in does not support",
    hint: "use a service principal or a managed identity",
  },
  {
    pattern: new RegExp(
      `AADSTS(?:${Object.keys(passing)
        .filter((number) => passing[Number(number)] === "transient")
        .join("|")})\\b`,
    ),
    kind: "unreachable",
    message: "Azure's sign-in service is unavailable",
    hint: "retry in a minute",
  },
  { pattern: /AADSTS50057/, kind: "forbidden", message: "the Azure account is disabled", hint: "ask the tenant's administrator" },
  {
    pattern: /AADSTS50105/,
    kind: "forbidden",
    message: "the Azure account is not assigned to the application",
    hint: "ask the tenant's administrator",
  },
  { pattern: /AADSTS(?:50126|50034)/, message: "Azure rejected the user name or password" },
  {
    pattern: /Subscription '.*' not found/,
    kind: "notFound",
    message: "subscription not found in the Azure CLI",
    hint: "az account list --output table",
  },
  {
    pattern: /CERTIFICATE_VERIFY_FAILED|SSLError/,
    kind: "unreachable",
    message: "the Azure CLI does not trust the TLS certificate of Azure or of a proxy",
    hint: "set REQUESTS_CA_BUNDLE to a file with the proxy's CA certificate",
  },
  {
    pattern:
      /Max retries exceeded|ProxyError|ConnectionError|Failed to resolve|network_error|no such host|refused the connection|rejected the connection|did not respond/,
    kind: "unreachable",
    message: "Azure's sign-in service cannot be reached",
    hint: "check the network and HTTPS_PROXY",
  },
  {
    pattern: /unrecognized arguments|misspelled or not recognized/,
    kind: "config",
    message: "the Azure CLI is too old",
    hint: "az upgrade",
  },
  { pattern: /az login/, message: "not logged in to Azure" },
];

/**
 * Explains why there is no Azure token.
 * @param text what az printed on stderr, or the message of @azure/identity
 * @param otherwise the hint if no better one is known
 */
export function explainSignIn(text: string, otherwise = "az login"): CliError {
  const known = explanations.find(({ pattern }) => pattern.test(text));
  const aadsts = /AADSTS\d+: [^\r\n]*?(?= Trace ID| Correlation ID| Timestamp|[\r\n]|$)/.exec(text)?.[0];
  const command = /(?:Please run|as needed):\s+(?:az logout\s+)?(az login[^\r\n]*)/.exec(text)?.[1];
  if (!known) return new CliError("unauthenticated", withLines("Azure returned no token", aadsts ?? lastError(text)), { hint: otherwise });
  return new CliError(known.kind ?? "unauthenticated", withLines(known.message, aadsts), {
    // To sign in again changes nothing if a policy or an outage prevents it
    hint: (known.kind === undefined ? command : undefined) ?? known.hint ?? otherwise,
  });
}

export function explainUnreachable({ failure, message }: NetworkError): CliError {
  const untrusted = "if your proxy inspects TLS, set SSL_CERT_FILE to a file with its CA certificate";
  return new CliError(failure === "timeout" ? "timeout" : "unreachable", `cannot sign in to Azure: ${message}`, {
    hint: failure === "untrusted" ? untrusted : "check the network and HTTPS_PROXY",
  });
}

/** az prints warnings and `ERROR:` lines of broken modules in addition to the real error, which is the last line. */
function lastError(text: string): string | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const marked = lines.findLast((line) => line.startsWith("ERROR:"));
  return (marked ?? lines.at(-1))?.replace(/^ERROR:\s*/, "");
}

/** Texts of @azure/identity 4.13 and of MSAL about the configuration, which are never printed. The first match counts. */
const libraryTexts: readonly Omit<Explanation, "kind">[] = [
  {
    pattern:
      /user-assigned managed identity is not supported|user_assigned_(?:not_available|managed_identity_not)|pecifying a `?(?:clientId|resourceId)/,
    message: "this platform does not support choosing a managed identity",
    hint: "unset AZURE_CLIENT_ID",
  },
  {
    pattern: /_url_malformed/,
    message: "the address of the managed identity endpoint is invalid",
    hint: "check IDENTITY_ENDPOINT, MSI_ENDPOINT, IMDS_ENDPOINT and AZURE_POD_IDENTITY_AUTHORITY_HOST",
  },
  {
    pattern:
      /unable_to_read_secret_file|unable_to_create_|invalid_file_(?:path|extension)|\binvalid_secret\b|platform_not_supported|www_authenticate_header/,
    message: "the managed identity of this platform cannot be used",
    hint: "run as a user who can read the key files of Azure Arc",
  },
  {
    pattern: /decrypt|passphrase|DECODER|PEM routines|asn1 encoding|interrupted or cancelled/i,
    message: "the private key of the client certificate cannot be read",
    hint: "check AZURE_CLIENT_CERTIFICATE_PATH and AZURE_CLIENT_CERTIFICATE_PASSWORD",
  },
  {
    pattern: /Invalid tenant id provided|not configured (?:for|to) acquir/,
    message: "the tenant id is invalid",
    hint: "check AZURE_TENANT_ID and --tenant",
  },
  {
    pattern:
      /endpoints_resolution_error|openid_config_error|untrusted_authority|authority_uri_insecure|url_parse_error|empty_url_error|authorityHost address must use/,
    message: "the sign-in host does not belong to Entra ID",
    hint: "check AZURE_AUTHORITY_HOST",
  },
];

/** Explains an error of @azure/identity. Only a sentence of Entra ID or of a managed identity endpoint is printed unchanged. */
export function explainLibrary(text: string, source: TokenSource): CliError {
  const known = libraryTexts.find(({ pattern }) => pattern.test(text));
  if (known) return new CliError("config", known.message, { hint: known.hint });
  const [, status] = /Http status code: (\d+)/.exec(text) ?? [];
  const sentence = sentenceOf(text);
  if (source === "managed" && (status !== undefined || sentence === "")) return noEndpoint();
  if (status === undefined) return explainSignIn(sentence, source === "env" ? "check the AZURE_* variables" : signInHint[source]);
  return noToken(Number(status));
}

/** Explains an error of the endpoint of a machine's identities. Other clouds have one at the same address, which answers 404. */
export function explainEndpoint(status: number): CliError | undefined {
  const message = `the managed identity endpoint of this machine returned HTTP ${status}`;
  if (status === 403) return new CliError("forbidden", message, { hint: "check AZURE_CLIENT_ID, and the policies of the network" });
  if (status === 429 || status >= 500) return new CliError("unreachable", message, { hint: "retry in a minute" });
  return status === 404 ? noEndpoint("HTTP 404") : undefined;
}

export const noEndpoint = (why = ""): CliError =>
  new CliError("config", `no managed identity endpoint on this machine${why && `: ${why}`}`, {
    hint: "use --auth=managed only on a machine in Azure that has a managed identity",
  });

/** Entra's own sentence in MSAL's message: `Error(s): 1 - Timestamp: x - Description: SENTENCE - Correlation ID: y - Trace ID: z`. */
function sentenceOf(text: string): string {
  const [, description] = /- Description: ([\s\S]*?)(?: - Correlation ID: [^\n]*)?$/.exec(text) ?? [];
  const [line = ""] = (description ?? text).replace(/^.*Authentication failed\. Message /s, "").split(/\r?\n/);
  const isForProgrammers =
    /^(?:\w+Error\b|\w+Credential\b|[\w]+_[\w]+: |Unexpected |Response had no|No response|Not Available|[[{<])|is not valid JSON/;
  return isForProgrammers.test(line) && !/AADSTS/.test(line) ? "" : line.slice(0, 300);
}

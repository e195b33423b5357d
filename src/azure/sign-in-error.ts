import { CliError, type ErrorKind, withLines } from "../errors.ts";
import { type Hint, shell } from "../hint.ts";
import type { NetworkError } from "../http/network-error.ts";
import type { TokenSource } from "./port.ts";

/** AADSTS numbers until Entra ID knows a new federated credential, and the keys of its issuer. That takes some minutes. */
const young = [70021, 700211, 700212, 700213, 50166, 501661, 90061];

/** AADSTS numbers while Entra ID is overloaded, or while a part of it is unavailable. */
const transient = [40010, 90006, 90024, 90033, 90055];

/** The AADSTS numbers that may pass. */
export const passing: Readonly<Record<number, "young" | "transient">> = {
  ...Object.fromEntries(young.map((number) => [number, "young" as const])),
  ...Object.fromEntries(transient.map((number) => [number, "transient" as const])),
};

/** A response without an error of Entra ID. Its 429 is plain text. Any other may be a proxy's. */
export const noToken = (status: number): CliError =>
  new CliError("unreachable", `Azure's sign-in service returned HTTP ${status} and no token`, {
    hint: status === 429 ? "retry in a minute" : "check HTTPS_PROXY and AZURE_AUTHORITY_HOST",
  });

/** Whether a sign-in that was rejected with this text may succeed soon. */
export const mayPass = (text: string): boolean =>
  [...text.matchAll(/AADSTS(\d+)/g)].some(([, number]) => passing[Number(number)] !== undefined);

const checkVariables = "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET";

/** The fix if Azure rejects a token, by the source of the token. */
export const signInHint: Readonly<Record<TokenSource, string>> = {
  az: "az login",
  env: checkVariables,
  workload: "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE",
  managed: "check AZURE_CLIENT_ID, and that this machine has a managed identity",
};

const checkCloud = { ...shell("az cloud show"), when: "check the tenant ID, and the cloud of the Azure CLI" };

type Explanation = readonly [pattern: RegExp, kind: ErrorKind, message: string, hint?: Hint];

/** Explains texts of Entra ID, the Azure CLI and OpenSSL. Without a hint, the fix is to sign in again. The first match counts. */
const explanations: readonly Explanation[] = [
  [/AADSTS5007[689]/, "unauthenticated", "Azure requires multi-factor authentication"],
  [/AADSTS(?:700082|70043|50173|700084)/, "unauthenticated", "the Azure sign-in has expired"],
  [
    /AADSTS(?:53003|53000|53001|530003|530084)/,
    "forbidden",
    "a Conditional Access policy of the tenant blocks this Azure sign-in",
    "sign in from a device or network that the policy allows, or use a service principal or a managed identity",
  ],
  [/AADSTS90002|Unable to get authority configuration/, "unauthenticated", "the Azure tenant does not exist in this cloud", checkCloud],
  [/AADSTS700016/, "unauthenticated", "application not found in this Azure tenant", checkVariables],
  [/AADSTS7000215/, "unauthenticated", "Azure rejected the client secret: it is wrong or less than a minute old", checkVariables],
  [/AADSTS7000222/, "unauthenticated", "the client secret has expired", "create a new one and set AZURE_CLIENT_SECRET"],
  [
    /AADSTS(?:500011|50001|65001)/,
    "forbidden",
    "the Azure tenant does not allow this identity to request this token",
    "ask the tenant's administrator for consent",
  ],
  [
    /AADSTS(?:70021|70021[123]|700024|700027)\b/,
    "unauthenticated",
    "Azure rejected the client certificate or federated assertion",
    "check the application's certificates and federated credentials",
  ],
  [new RegExp(`AADSTS(?:${transient.join("|")})\\b`), "unreachable", "Azure's sign-in service is unavailable", "retry in a minute"],
  [/Subscription '.*' not found/, "notFound", "subscription not found in the Azure CLI", "az account list --output table"],
  [
    /CERTIFICATE_VERIFY_FAILED|SSLError/,
    "unreachable",
    "the Azure CLI does not trust the TLS certificate of Azure or of a proxy",
    "set REQUESTS_CA_BUNDLE to a file with the proxy's CA certificate",
  ],
  [/Max retries exceeded/, "unreachable", "Azure's sign-in service cannot be reached", "check the network and HTTPS_PROXY"],
  [/unrecognized arguments|misspelled or not recognized/, "config", "the Azure CLI is too old", "az upgrade"],
  [/az login/, "unauthenticated", "not logged in to Azure"],
  [
    /decrypt|passphrase|DECODER|PEM routines|asn1 encoding|interrupted or cancelled/i,
    "config",
    "the private key of the client certificate cannot be read",
    "check AZURE_CLIENT_CERTIFICATE_PATH and AZURE_CLIENT_CERTIFICATE_PASSWORD",
  ],
];

/**
 * Explains why there is no Azure token. The last line of an unknown text is printed unchanged.
 * @param text what az printed on stderr, or the message of @azure/identity
 * @param otherwise the hint if no better one is known
 */
export function explainSignIn(text: string, otherwise = "az login"): CliError {
  const known = explanations.find(([pattern]) => pattern.test(text));
  const aadsts = /AADSTS\d+: [^\r\n]*?(?= Trace ID| Correlation ID| Timestamp|[\r\n]|$)/.exec(text)?.[0];
  const [, kind = "unauthenticated", message = "Azure returned no token", hint] = known ?? [];
  // To sign in again changes nothing if a policy or an outage prevents it
  const command = hint === undefined ? /(?:Please run|as needed):\s+(?:az logout\s+)?(az login[^\r\n]*)/.exec(text)?.[1] : undefined;
  return new CliError(kind, withLines(message, aadsts ?? (known ? undefined : lastError(text))), { hint: command ?? hint ?? otherwise });
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

/** Explains an error of @azure/identity. Its sentence is printed unchanged. */
export function explainLibrary(text: string, source: TokenSource): CliError {
  const [, status] = /Http status code: (\d+)/.exec(text) ?? [];
  const sentence = sentenceOf(text);
  if (source === "managed" && (status !== undefined || sentence === "")) return noEndpoint();
  if (status !== undefined) return noToken(Number(status));
  return explainSignIn(sentence, source === "managed" ? signInHint.managed : "check the AZURE_* variables");
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
  const said = description ?? text.replace(/^\w+Credential: /, "").replace(/^Authentication failed\. Message /, "");
  const [line = ""] = said.split(/\r?\n/);
  return /^(?:Unexpected |Response had no|No response|Not Available|[[{<])|is not valid JSON/.test(line) ? "" : line.slice(0, 300);
}

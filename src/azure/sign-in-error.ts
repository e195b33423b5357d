import { CliError, type ErrorKind } from "../errors.ts";
import type { Fix } from "../fix.ts";
import type { NetworkError } from "../http/network-error.ts";
import type { TokenSource } from "./port.ts";

type Explanation = { readonly says: RegExp; readonly kind?: ErrorKind; readonly message: string; readonly hint?: string | Fix };

const checkVariables = "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET";

/** The fix if Azure rejects a token, by the source of the token. */
export const signInHint: Readonly<Record<TokenSource, string>> = {
  az: "az login",
  env: checkVariables,
  workload: "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE",
  managed: "check AZURE_CLIENT_ID, and that this machine has a managed identity",
};

/**
 * Messages of Entra ID and the Azure CLI when there is no token, with the fix, unless the fix is to sign in again. The first match counts.
 * The numbers only select words: if Microsoft changes them, the last line of the message is printed unchanged.
 */
const explanations: readonly Explanation[] = [
  { says: /AADSTS5007[689]/, message: "Azure wants multi-factor authentication for this sign-in" },
  {
    says: /AADSTS(?:700082|70043|50173|700084)/,
    message: "the Azure sign-in has expired",
  },
  {
    says: /AADSTS(?:53003|53000|53001|530003)/,
    kind: "forbidden",
    message: "a Conditional Access policy of the tenant blocks this Azure sign-in",
    hint: "sign in from a device or network that the policy allows, or ask the tenant's administrator",
  },
  {
    says: /AADSTS90002|Unable to get authority configuration/,
    message: "the Azure tenant does not exist in this cloud",
    hint: { do: "shell", argv: ["az", "cloud", "show"], when: "check the tenant ID, and the cloud of the Azure CLI" },
  },
  { says: /AADSTS700016/, message: "the application is not known in this Azure tenant", hint: checkVariables },
  {
    says: /AADSTS7000215/,
    message: "Azure refused the client secret: it is wrong, or was made less than a minute ago",
    hint: checkVariables,
  },
  { says: /AADSTS7000222/, message: "the client secret has expired", hint: "make a new one, and set AZURE_CLIENT_SECRET" },
  {
    says: /AADSTS(?:500011|50001|65001)/,
    kind: "forbidden",
    message: "the Azure tenant does not let this identity ask for a token of this kind",
    hint: "ask the tenant's administrator for consent",
  },
  {
    says: /AADSTS(?:70021|70021[123]|700024|700027)\b/,
    message: "Azure refused the client certificate or federated assertion",
    hint: "check the application's certificates and federated credentials",
  },
  { says: /AADSTS50057/, kind: "forbidden", message: "the Azure account is disabled", hint: "ask the tenant's administrator" },
  {
    says: /AADSTS50105/,
    kind: "forbidden",
    message: "the Azure account is not assigned to the application",
    hint: "ask the tenant's administrator",
  },
  { says: /AADSTS(?:50126|50034)/, message: "Azure refused the user name or the password" },
  {
    says: /Subscription '.*' not found/,
    kind: "notFound",
    message: "the Azure CLI does not know the subscription",
    hint: "az account list --output table",
  },
  {
    says: /CERTIFICATE_VERIFY_FAILED|SSLError/,
    kind: "unreachable",
    message: "the Azure CLI does not trust the certificate of Azure, or of a proxy before it",
    hint: "set REQUESTS_CA_BUNDLE to the file with the proxy's certificate authority",
  },
  {
    says: /Max retries exceeded|ProxyError|ConnectionError|Failed to resolve|network_error|no such host|refused the connection|opens no connection|did not answer/,
    kind: "unreachable",
    message: "Azure's sign-in service cannot be reached",
    hint: "check the network and HTTPS_PROXY",
  },
  {
    says: /unrecognized arguments|misspelled or not recognized/,
    kind: "config",
    message: "the Azure CLI is too old",
    hint: "az upgrade",
  },
  { says: /az login/, message: "not logged in to Azure" },
];

/**
 * Explains why there is no Azure token.
 * @param said what az printed on stderr, or the message of @azure/identity
 * @param otherwise the hint if no better one is known
 */
export function explainSignIn(said: string, otherwise = "az login"): CliError {
  const known = explanations.find(({ says }) => says.test(said));
  const aadsts = /AADSTS\d+: [^\r\n]*?(?= Trace ID| Correlation ID| Timestamp|[\r\n]|$)/.exec(said)?.[0];
  const command = /(?:Please run|as needed):\s+(?:az logout\s+)?(az login[^\r\n]*)/.exec(said)?.[1];
  if (!known) return new CliError("unauthenticated", `Azure gave no token: ${aadsts ?? lastError(said)}`, { hint: otherwise });
  const message = aadsts === undefined ? known.message : `${known.message} (${aadsts.replace(/\.$/, "")})`;
  return new CliError(known.kind ?? "unauthenticated", message, { hint: command ?? known.hint ?? otherwise });
}

/** Explains why Entra ID did not respond. */
export function explainUnreachable({ failure, message }: NetworkError): CliError {
  const untrusted = "if a proxy of yours looks into TLS, set SSL_CERT_FILE to a file with its certificate authority";
  return new CliError(failure === "timeout" ? "timeout" : "unreachable", `cannot sign in to Azure: ${message}`, {
    hint: failure === "untrusted" ? untrusted : "check the network and HTTPS_PROXY",
  });
}

/** az prints warnings and `ERROR:` lines of broken modules in addition to the real error, which is the last line. */
function lastError(said: string): string {
  const lines = said.split(/\r?\n/).filter((line) => line.trim() !== "");
  const marked = lines.findLast((line) => line.startsWith("ERROR:"));
  return (marked ?? lines.at(-1) ?? "it said nothing").replace(/^ERROR:\s*/, "");
}

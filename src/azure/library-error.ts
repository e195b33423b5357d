import { CliError, type ErrorKind } from "../errors.ts";
import type { TokenSource } from "./port.ts";
import { explainSignIn } from "./sign-in-error.ts";

type Row = { readonly says: RegExp; readonly kind: ErrorKind; readonly message: string; readonly hint: string };

/** Texts of @azure/identity 4.13 and of MSAL, which are written for programmers. The first match counts. */
const rows: readonly Row[] = [
  {
    says: /user-assigned managed identity is not supported|user_assigned_(?:not_available|managed_identity_not)|pecifying a `?(?:clientId|resourceId)/,
    kind: "config",
    message: "this platform does not let a managed identity be chosen",
    hint: "unset AZURE_CLIENT_ID",
  },
  {
    says: /_url_malformed/,
    kind: "config",
    message: "the address of the managed identity endpoint is invalid",
    hint: "check IDENTITY_ENDPOINT, MSI_ENDPOINT, IMDS_ENDPOINT and AZURE_POD_IDENTITY_AUTHORITY_HOST",
  },
  {
    says: /unable_to_read_secret_file|unable_to_create_|invalid_file_(?:path|extension)|\binvalid_secret\b|platform_not_supported|www_authenticate_header/,
    kind: "config",
    message: "the managed identity of this platform cannot be used",
    hint: "run as a user who may read the key files of Azure Arc",
  },
  {
    says: /decrypt|passphrase|DECODER|PEM routines|asn1 encoding|interrupted or cancelled/i,
    kind: "config",
    message: "the private key of the client certificate cannot be read",
    hint: "check AZURE_CLIENT_CERTIFICATE_PATH and AZURE_CLIENT_CERTIFICATE_PASSWORD",
  },
  {
    says: /Invalid tenant id provided|not configured (?:for|to) acquir/,
    kind: "config",
    message: "the tenant id is invalid",
    hint: "check AZURE_TENANT_ID and --tenant",
  },
  {
    says: /endpoints_resolution_error|openid_config_error|untrusted_authority|authority_uri_insecure|url_parse_error|empty_url_error|authorityHost address must use/,
    kind: "config",
    message: "the sign-in host is not one of Entra ID",
    hint: "check AZURE_AUTHORITY_HOST",
  },
];

/**
 * Explains an error of @azure/identity. Only a sentence of Entra ID or of a managed identity endpoint is printed unchanged.
 * @param otherwise the hint if no better one is known
 */
export function explainLibrary(said: string, source: TokenSource, otherwise: string): CliError {
  const known = rows.find(({ says }) => says.test(said));
  if (known) return new CliError(known.kind, known.message, { hint: known.hint });
  const [, status] = /Http status code: (\d+)/.exec(said) ?? [];
  const sentence = sentenceOf(said);
  if (source === "managed" && (status !== undefined || sentence === "")) return noEndpoint();
  if (status === undefined) return explainSignIn(sentence, otherwise);
  return new CliError("unreachable", `Azure's sign-in service answered ${status} without a token`, {
    hint: "check HTTPS_PROXY and AZURE_AUTHORITY_HOST",
  });
}

/** @param why a sentence about the network */
export const noEndpoint = (why = ""): CliError =>
  new CliError("config", `no managed identity endpoint on this machine${why && `: ${why}`}`, {
    hint: "use --auth=managed only on a machine in Azure that has an identity",
  });

/** Entra's own sentence in MSAL's message: `Error(s): 1 - Timestamp: x - Description: SENTENCE - Correlation ID: y - Trace ID: z`. */
function sentenceOf(said: string): string {
  const [, description] = /- Description: ([\s\S]*?)(?: - Correlation ID: [^\n]*)?$/.exec(said) ?? [];
  const [line = ""] = (description ?? said).replace(/^.*Authentication failed\. Message /s, "").split(/\r?\n/);
  const isOfPrograms =
    /^(?:\w+Error\b|\w+Credential\b|[\w]+_[\w]+: |Unexpected |Response had no|No response|Not Available|[[{<])|is not valid JSON/;
  return isOfPrograms.test(line) && !/AADSTS/.test(line) ? "" : line.slice(0, 300);
}

/** How a request failed before any response. */
type NetworkFailure = "dns" | "refused" | "timeout" | "untrusted" | "interrupted";

/**
 * A request without a response. The message is one clause for a person: `lookup of x.azurecr.io failed: no such host`. There is no cause,
 * because the library's errors contain the request, with its Authorization.
 */
export class NetworkError extends Error {
  readonly failure: NetworkFailure;
  /** Azure's client keeps only the code and the message of an error that an agent reports. */
  readonly code: string;

  constructor(failure: NetworkFailure, message: string) {
    super(message);
    this.name = "NetworkError";
    this.failure = failure;
    this.code = `NETWORK_${failure}`;
  }
}

/** Returns the NetworkError that Azure's client has converted to an error of its own. */
export function networkErrorIn({ message, code }: { readonly message: string; readonly code?: unknown }): NetworkError | undefined {
  const [, failure] = /^NETWORK_(\w+)$/.exec(String(code)) ?? [];
  return failure === undefined ? undefined : new NetworkError(failure as NetworkFailure, message);
}

/**
 * Explains a failure of Node's sockets.
 * @param host the requested host; `proxy` the proxy that was used for it, if any
 */
export function explainNetwork(error: unknown, { host, proxy }: { host: string; proxy: URL | undefined }): NetworkError {
  const { code } = error as { code?: unknown };
  const peer = proxy === undefined ? host : `the proxy ${proxy.host}`;
  const failed = (failure: NetworkFailure, message: string) => new NetworkError(failure, message);
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return failed("dns", `lookup of ${peer} failed: no such host`);
  if (code === "ECONNREFUSED") return failed("refused", `${peer} refused the connection`);
  if (code === "ETIMEDOUT") return failed("timeout", `${peer} did not respond`);
  if (code === "EHOSTUNREACH" || code === "ENETUNREACH") return failed("refused", `there is no route to ${peer}`);
  const distrust = certificateProblem(String(code));
  // The error does not say which of the two certificates it is about
  const owner = proxy?.protocol === "https:" ? `${host} or of ${peer}` : host;
  if (distrust) return failed("untrusted", `the certificate of ${owner} ${distrust}`);
  // Other codes are those of Azure's client
  return failed("interrupted", `the connection to ${peer} was interrupted${/^E[A-Z]+$/.test(String(code)) ? ` (${code})` : ""}`);
}

function certificateProblem(code: string): string | undefined {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return "is for another name";
  if (code === "CERT_HAS_EXPIRED") return "has expired";
  if (code === "CERT_NOT_YET_VALID") return "is not yet valid";
  if (/^CERT_|SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY)|^INVALID_CA|^INVALID_PURPOSE/.test(code))
    return "is signed by an unknown authority";
  return undefined;
}

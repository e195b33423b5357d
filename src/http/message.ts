export type HttpRequest = {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A POST that changes nothing, such as a query. It is repeated like GET. */
  readonly isRead?: boolean | undefined;
  /** Reads only this many bytes of the response's body, and then closes the connection. */
  readonly maxBytes?: number | undefined;
};

export type HttpResponse = { readonly status: number; header(name: string): string | undefined; readonly text: string };

/**
 * Sends a request over TLS and returns any response. Does not follow redirects. Repeats reads and PUT a few times if they fail temporarily.
 * Sends everything else once.
 * @throws NetworkError if there is no response; CliError cancelled if the signal is aborted
 */
export type Http = (request: HttpRequest) => Promise<HttpResponse>;

/** One challenge of a WWW-Authenticate header: scheme and parameters, both names in lower case. */
export type Challenge = { readonly scheme: string; readonly parameters: Readonly<Record<string, string>> };

/**
 * Parses a WWW-Authenticate header (RFC 9110 11.6.1), which may contain several challenges: `Bearer
 * realm="https://r.azurecr.io/oauth2/token",service="r.azurecr.io",scope="repository:app:pull"`. Stops at text that does not parse, and
 * returns the challenges before it.
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  const item = /[\s,]*(?:([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([\w!#$%&'*+.^`|~-]+)(?=\s|,|$))/gy;
  for (let match = item.exec(header); match !== null; match = item.exec(header)) {
    const [, name, quoted, bare, scheme] = match;
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), parameters: {} });
    else if (name !== undefined) {
      const current = challenges.at(-1);
      if (current) current.parameters[name.toLowerCase()] = quoted?.replace(/\\(.)/g, "$1") ?? bare ?? "";
    }
  }
  return challenges;
}

export type HttpRequest = {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

export type HttpResponse = { readonly status: number; header(name: string): string | undefined; readonly text: string };

/**
 * Sends a request over TLS and gives whatever is answered; redirects are not followed.
 * Throttling (429, 503 with Retry-After) and, for requests that may be repeated, server errors are waited out a few times.
 * @throws NetworkError when no answer comes; CliError cancelled when the signal is aborted
 */
export type Http = (request: HttpRequest) => Promise<HttpResponse>;

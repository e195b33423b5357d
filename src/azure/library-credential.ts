import type { HttpClient } from "@azure/core-rest-pipeline";
import type { TokenCredential } from "@azure/identity";
import { CliError, Interrupted } from "../errors.ts";
import { NetworkError } from "../http/network-error.ts";
import { redact } from "../http/redact.ts";
import type { Transport } from "../http/transport.ts";
import { explainLibrary } from "./library-error.ts";
import type { TokenSource } from "./port.ts";
import { explainUnreachable } from "./sign-in-error.ts";

/** What each of Azure's own credentials is opened with. */
export type LibraryOptions = { readonly httpClient: HttpClient; readonly retryOptions: { maxRetries: number; retryDelayInMs: number } };

type Library = typeof import("@azure/identity");

export type LibraryCredential = {
  readonly source: TokenSource;
  readonly transport: Transport;
  open(library: Library, options: LibraryOptions): TokenCredential | Promise<TokenCredential>;
  /** What to try where nothing better is known. */
  readonly hint: string;
  /** In other words, where no answer came at all. */
  unreachable?(error: NetworkError): CliError;
  /** In other words, where Entra ID said no. */
  refused?(error: CliError): Promise<CliError>;
};

/** One of Azure's own credentials (@azure/identity), loaded when a token is asked for, with its errors in our words. */
export function libraryCredential({ source, transport, open, hint, unreachable, refused }: LibraryCredential): TokenCredential {
  let credential: Promise<TokenCredential> | undefined;
  /** Why nothing was sent, or no answer came: the library puts words of its own around a proxy that cannot be used, and around all else. */
  let failure: CliError | undefined;

  async function load(): Promise<TokenCredential> {
    const [library, client] = await Promise.all([import("@azure/identity"), transport()]);
    const httpClient: HttpClient = {
      sendRequest: (request) =>
        client.sendRequest(request).catch((error: unknown) => {
          if (error instanceof CliError) failure = error;
          if (error instanceof NetworkError) failure = (unreachable ?? explainUnreachable)(error);
          throw error;
        }),
    };
    return open(library, { httpClient, retryOptions: { maxRetries: 2, retryDelayInMs: 500 } });
  }

  async function explain(error: unknown): Promise<CliError> {
    if (failure) return failure;
    if (error instanceof CliError) return error;
    const known = explainLibrary(redact(error instanceof Error ? error.message : String(error)), source, hint);
    return refused ? refused(known) : known;
  }

  return {
    async getToken(scopes, options) {
      credential ??= load();
      failure = undefined;
      try {
        return await (await credential).getToken(scopes, options);
      } catch (error) {
        throw options?.abortSignal?.aborted ? new Interrupted() : await explain(error);
      }
    },
  };
}

import type { Cause } from "../check/cause.ts";
import type { Sensitive } from "../secret/sensitive.ts";

/** A user name and password for a registry. */
export type Login = { readonly username: string; readonly password: Sensitive };

/** An image as a pod names it, taken apart: `myregistry.azurecr.io/team/app:1`. */
export type ImageRef = {
  /** host[:port], `docker.io` when the image names none */
  readonly host: string;
  readonly repository: string;
  /** `:tag` or `@digest` without its mark; `latest` when the image names neither */
  readonly reference: string;
  /** A tag beside a digest: only people read it. */
  readonly tag?: string;
};

/** What a registry says to a login that asks for one image. Only `pulls` is good; the others say why not. */
export type Proof = {
  readonly verdict: Extract<
    Cause,
    "pulls" | "refused" | "out-of-scope" | "not-found" | "blocked" | "denied" | "throttled" | "unreachable" | "untrusted" | "not-checked"
  >;
  /** One sentence for a person. */
  readonly message: string;
};

/** A token of Entra ID, and the identity and the tenant that it is for. */
export type ExchangeToken = { readonly text: Sensitive; readonly of: { readonly name: string; readonly tenant: string } };

/** A registry's own token, which is a password; or why there is none. */
export type Exchanged = { readonly token: Sensitive } | Proof;

/** A registry's data plane (OCI distribution spec with ACR's token endpoint). Never throws for what a registry answers. */
export type Registry = {
  /** Asks for the image's manifest as a container runtime does; without a login, anonymously. */
  prove(image: ImageRef, login: Login | undefined): Promise<Proof>;
  /** Whether the registry takes a login at all, which is then said as `pulls`, whatever it may pull. */
  admits(host: string, login: Login): Promise<Proof>;
  /** Gives a token of Entra ID for one of the registry's own (ACR's /oauth2/exchange). */
  exchange(host: string, token: ExchangeToken): Promise<Exchanged>;
  /** Some tag of a repository, the newest if the registry tells; undefined if there is none or the login may not list. */
  anyTag(host: string, repository: string, login: Login): Promise<string | undefined>;
  /** Whether a repository exists and has tags; `unknown` if the login may not list them. */
  contentOf(host: string, repository: string, login: Login): Promise<"tags" | "empty" | "missing" | "unknown">;
  /** The names of at most 1,000 repositories; none if the login may not list them. */
  repositories(host: string, login: Login): Promise<readonly string[]>;
  /** By how many milliseconds the registry's clock is ahead of this machine's, by its last answer; undefined before the first answer. */
  aheadBy?(host: string): number | undefined;
};

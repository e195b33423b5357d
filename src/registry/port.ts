import type { Cause } from "../check/cause.ts";
import type { Sensitive } from "../sensitive.ts";

export type Login = { readonly username: string; readonly password: Sensitive };

/** An image name of a pod, parsed: `myregistry.azurecr.io/team/app:1`. */
export type ImageRef = {
  /** host[:port]; `docker.io` if the image names none */
  readonly host: string;
  readonly repository: string;
  /** The tag or digest, without `:` or `@`; `latest` if the image names neither */
  readonly reference: string;
  /** A tag in addition to a digest, for display only. */
  readonly tag?: string;
};

/** The result of a request for one image with a login. Only `pulls` is a success; the others say why it failed. */
export type Proof = {
  readonly verdict: Extract<
    Cause,
    | "pulls"
    | "refused"
    | "out-of-scope"
    | "cache-rule"
    | "not-found"
    | "other-platform"
    | "blocked"
    | "data-blocked"
    | "denied"
    | "throttled"
    | "unreachable"
    | "untrusted"
    | "not-checked"
  >;
  /** One sentence for a person. The registry's own words follow on lines of their own. */
  readonly message: string;
  /** With `not-found`: the registry says that the whole repository doesn't exist. */
  readonly noRepository?: true;
  /** The hosts of the pull. Only set if the parts of the image were fetched. */
  readonly hosts?: readonly PullHost[];
};

/** A host that a pull needs, and what the registry serves there. */
export type PullHost = { readonly host: string; readonly purpose: "token, manifests" | "layers" };

/** A node's operating system and architecture, in Go's words (GOOS and GOARCH), as in an image index. */
export type Platform = { readonly os: string; readonly architecture: string };

/** A registry's data plane (OCI distribution spec with ACR's token endpoint). Never throws for a response of the registry. */
export type Registry = {
  /**
   * Requests the image's manifest like a container runtime; without a login, anonymously.
   * @param platforms also fetches the manifest for each of them, and the first bytes of its config and of one layer
   */
  prove(image: ImageRef, login: Login | undefined, platforms?: readonly Platform[]): Promise<Proof>;
  /** Whether the registry accepts a login at all. If so, the verdict is `pulls`, whatever the login may pull. */
  admits(host: string, login: Login): Promise<Proof>;
  /** Exchanges a token of Entra ID for one of the registry's own, which is used as a password (ACR's /oauth2/exchange). */
  exchange(
    host: string,
    token: { readonly text: Sensitive; readonly of: { readonly name: string; readonly tenant: string } },
  ): Promise<{ readonly token: Sensitive } | Proof>;
  /** A tag of a repository, the newest if the registry sorts them; undefined without a tag or without permission to list. */
  anyTag(host: string, repository: string, login: Login): Promise<string | undefined>;
  /** At most 100 tags of a repository, the newest first if the registry sorts them; `unknown` without permission to list them. */
  contentOf(host: string, repository: string, login: Login): Promise<readonly string[] | "missing" | "unknown">;
  /** The names of at most 1,000 repositories; empty without permission to list them. */
  repositories(host: string, login: Login): Promise<readonly string[]>;
  /** How many milliseconds the registry's clock is ahead of this machine's, by its last response; undefined before the first response. */
  aheadBy?(host: string): number | undefined;
};

import type { TokenCredential } from "@azure/identity";
import { minute } from "../duration.ts";
import type { Environment, RequestTools } from "../env.ts";
import { CliError, Interrupted, usage } from "../errors.ts";
import { type OpenHttpClient, openTransport } from "../http/transport.ts";
import { Sensitive } from "../sensitive.ts";
import { azCredential, azSubscription } from "./az.ts";
import type { Cloud } from "./cloud.ts";
import { libraryCredential, librarySources } from "./library-credential.ts";
import type { Audience, SignInOptions, TokenSource } from "./port.ts";
import { signInHint } from "./sign-in-error.ts";

export type Identity = {
  readonly source: TokenSource;
  /** Returns a token, which is cached until shortly before it expires. */
  token(audience?: Audience | "graph"): Promise<Sensitive>;
  /** The selected subscription, if it is known without a request to ARM. */
  subscription(): Promise<string | undefined>;
};

type IdentityOptions = RequestTools & {
  readonly source: TokenSource;
  readonly signIn: SignInOptions;
  readonly cloud: Cloud;
  readonly transport: OpenHttpClient;
};

/** The same in all clouds (learn.microsoft.com/azure/container-registry/container-registry-disable-authentication-as-arm). */
export const registryResource = "https://containerregistry.azure.net";

/** A token is renewed if its remaining lifetime is shorter than this. Milliseconds; az uses the same limit. */
const margin = 5 * minute;

/** A token, and when it must be renewed, in epoch milliseconds. */
type CachedToken = Promise<{ readonly token: Sensitive; readonly until: number }>;

/** Opens an identity. Sends nothing yet. */
export function openIdentity(options: IdentityOptions): Identity {
  const { source, cloud, env, signal, now } = options;
  const cache = new Map<Audience | "graph", CachedToken>();
  let credential: TokenCredential | undefined;

  async function request(audience: Audience | "graph"): CachedToken {
    const resource = { management: cloud.resourceManager, registries: registryResource, graph: cloud.graph }[audience];
    credential ??= credentialOf(options);
    const answer = await credential.getToken(`${resource}/.default`, { abortSignal: signal() });
    if (answer === null) throw new CliError("unauthenticated", "Azure returned no token", { hint: signInHint[source] });
    return { token: new Sensitive(answer.token), until: answer.expiresOnTimestamp - margin };
  }

  function renew(audience: Audience | "graph"): CachedToken {
    const cached = request(audience);
    cache.set(audience, cached);
    // An interruption is not cached: a rollback that follows must request a token again.
    cached.catch((error: unknown) => {
      if (cache.get(audience) === cached && error instanceof Interrupted) cache.delete(audience);
    });
    return cached;
  }

  return {
    source,
    async token(audience = "management") {
      const cached = cache.get(audience) ?? renew(audience);
      const { token, until } = await cached;
      if (now().getTime() < until) return token;
      // The first caller renews the token, the others wait for it.
      if (cache.get(audience) === cached) cache.delete(audience);
      return (await (cache.get(audience) ?? renew(audience))).token;
    },
    async subscription() {
      return env.AZURE_SUBSCRIPTION_ID || (source === "az" ? azSubscription(options) : undefined);
    },
  };
}

/** @throws CliError usage if the source has no choice of a tenant */
function credentialOf(options: IdentityOptions): TokenCredential {
  const { source, signIn, cloud, transport, env, trace, signal, sleep } = options;
  if (source === "az") {
    // Loads the HTTP client while az starts. An error is reported when the client is needed
    transport().catch(() => {});
    return azCredential(options);
  }
  if (source === "managed" && signIn.tenant !== undefined)
    throw usage("--tenant cannot be used with a managed identity, which belongs to one tenant");
  // A proxy would return the identity of its own machine
  const unproxied = () => openTransport({ ...env, HTTPS_PROXY: undefined, https_proxy: undefined }, trace, signal);
  return libraryCredential(source, {
    env,
    sleep,
    authorityHost: cloud.authority,
    transport: source === "managed" ? unproxied() : transport,
  });
}

/** `auto` is the first source that the environment selects, else the Azure CLI. */
export function tokenSourceOf(source: SignInOptions["source"], env: Environment): TokenSource {
  if (source !== "auto") return source;
  return (["env", "workload", "managed"] as const).find((name) => librarySources[name].isIn(env)) ?? "az";
}

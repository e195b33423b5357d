import type { TokenCredential } from "@azure/identity";
import type { Environment } from "../env.ts";
import { CliError, Interrupted } from "../errors.ts";
import { type OpenHttpClient, openTransport } from "../http/transport.ts";
import { Sensitive } from "../secret/sensitive.ts";
import { type AzOptions, azCredential, azSubscription } from "./az.ts";
import type { Cloud } from "./cloud.ts";
import {
  environmentCredential,
  hasEnvironmentCredential,
  hasManagedIdentity,
  hasWorkloadIdentity,
  managedCredential,
  unproxied,
  workloadCredential,
} from "./library-credential.ts";
import type { Audience, IdentitySource, SignInOptions, TokenSource } from "./port.ts";
import { signInHint } from "./sign-in-error.ts";

/** The audience of a token; in addition to those of registries, Microsoft Graph. */
export type For = Audience | "graph";

/** The Azure identity. */
export type Identity = {
  /** The source of its tokens. */
  readonly source: TokenSource;
  /** Returns a token, which is cached until shortly before it expires. */
  token(audience?: For): Promise<Sensitive>;
  /** The selected subscription, if it is known without a request to ARM. */
  subscription(): Promise<string | undefined>;
};

export type IdentityOptions = AzOptions & {
  readonly source: TokenSource;
  readonly wish?: Omit<SignInOptions, "source">;
  readonly cloud: Cloud;
  readonly transport: OpenHttpClient;
  now(): Date;
};

/** The same in all clouds (learn.microsoft.com/azure/container-registry/container-registry-disable-authentication-as-arm). */
const registries = "https://containerregistry.azure.net";

/** A token is renewed if its remaining lifetime is shorter than this. Milliseconds; az uses the same limit. */
const margin = 5 * 60_000;

/** A token, and when it must be renewed, in epoch milliseconds. */
type Held = Promise<{ readonly token: Sensitive; readonly until: number }>;

/** Opens an identity. Sends nothing yet. */
export function openIdentity(options: IdentityOptions): Identity {
  const { source, cloud, env, signal, now } = options;
  const held = new Map<For, Held>();
  let credential: TokenCredential | undefined;

  async function renew(audience: For): Held {
    const resource = { management: cloud.resourceManager, registries, graph: cloud.graph }[audience];
    credential ??= credentials[source](options);
    const answer = await credential.getToken(`${resource}/.default`, { abortSignal: signal() });
    if (answer === null) throw new CliError("unauthenticated", "Azure gave no token", { hint: signInHint[source] });
    return { token: new Sensitive(answer.token), until: answer.expiresOnTimestamp - margin };
  }

  function hold(audience: For): Held {
    const asked = renew(audience);
    held.set(audience, asked);
    // An interruption is not cached: a rollback that follows must request a token again.
    asked.catch((error: unknown) => {
      if (held.get(audience) === asked && error instanceof Interrupted) held.delete(audience);
    });
    return asked;
  }

  /** Returns the token after `expired`. The first caller requests it, the others wait for it. */
  function next(audience: For, expired: Held): Held {
    const later = held.get(audience);
    return later === expired || later === undefined ? hold(audience) : later;
  }

  return {
    source,
    async token(audience = "management") {
      const asked = held.get(audience) ?? hold(audience);
      const { token, until } = await asked;
      return now().getTime() < until ? token : (await next(audience, asked)).token;
    },
    async subscription() {
      return env.AZURE_SUBSCRIPTION_ID || (source === "az" ? azSubscription(options) : undefined);
    },
  };
}

/** The credential of each source. */
const credentials: Readonly<Record<TokenSource, (options: IdentityOptions) => TokenCredential>> = {
  az: (options) => {
    // Loads the HTTP client while az starts. An error is reported when the client is needed
    options.transport().catch(() => {});
    return azCredential(options, options.wish);
  },
  env: (options) => environmentCredential(inTenant(options), options.cloud.authority, options.transport),
  workload: (options) => workloadCredential(inTenant(options), options.cloud.authority, options.transport),
  managed({ env, trace, signal, wish }) {
    if (wish?.tenant === undefined) return managedCredential(env, openTransport(unproxied(env), trace, signal));
    throw new CliError("usage", "--tenant makes no sense for a managed identity, which is of one tenant alone");
  },
};

/** The environment, with the tenant that the command line selects. */
const inTenant = ({ env, wish }: IdentityOptions) => (wish?.tenant === undefined ? env : { ...env, AZURE_TENANT_ID: wish.tenant });

/** The sources that the environment can select, in the order of Azure's DefaultAzureCredential. */
const named: readonly (readonly [TokenSource, (env: Environment) => boolean])[] = [
  ["env", hasEnvironmentCredential],
  ["workload", hasWorkloadIdentity],
  ["managed", hasManagedIdentity],
];

/** `auto` is the first source that the environment selects, else the Azure CLI. */
export const sourceOf = (source: IdentitySource, env: Environment): TokenSource =>
  source === "auto" ? (named.find(([, names]) => names(env))?.[0] ?? "az") : source;

import type { TokenCredential } from "@azure/identity";
import type { Environment } from "../env.ts";
import { CliError, Interrupted } from "../errors.ts";
import { openTransport, type Transport } from "../http/transport.ts";
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

/** Whom a token is for: besides, Microsoft Graph. */
export type For = Audience | "graph";

/** Who we are in Azure. */
export type Identity = {
  /** Where its tokens come from. */
  readonly source: TokenSource;
  /** A token, kept until shortly before it expires. */
  token(audience?: For): Promise<Sensitive>;
  /** The subscription that the person works on, where that is known without asking ARM. */
  subscription(): Promise<string | undefined>;
};

export type IdentityOptions = AzOptions & {
  readonly source: TokenSource;
  readonly wish?: Omit<SignInOptions, "source">;
  readonly cloud: Cloud;
  readonly transport: Transport;
  now(): Date;
};

/** The same in all clouds (learn.microsoft.com/azure/container-registry/container-registry-disable-authentication-as-arm). */
const registries = "https://containerregistry.azure.net";

/** A token is renewed when less than this is left of its lifetime. Milliseconds; az has the same bound. */
const margin = 5 * 60_000;

/** A token, and when it must be renewed, in epoch milliseconds. */
type Held = Promise<{ readonly token: Sensitive; readonly until: number }>;

/** Opens an identity. Nothing is asked yet. */
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
    // An interruption is no answer: a run that is taken back afterwards asks anew.
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
    // What sends requests loads while az starts; what is wrong with it is told when it is wanted
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

/** The environment, in which another tenant may have taken the place of its own. */
const inTenant = ({ env, wish }: IdentityOptions) => (wish?.tenant === undefined ? env : { ...env, AZURE_TENANT_ID: wish.tenant });

/** What the environment can name, in the order in which Azure's DefaultAzureCredential asks. */
const named: readonly (readonly [TokenSource, (env: Environment) => boolean])[] = [
  ["env", hasEnvironmentCredential],
  ["workload", hasWorkloadIdentity],
  ["managed", hasManagedIdentity],
];

/** `auto` is the first that the environment names, else the Azure CLI. */
export const sourceOf = (source: IdentitySource, env: Environment): TokenSource =>
  source === "auto" ? (named.find(([, names]) => names(env))?.[0] ?? "az") : source;

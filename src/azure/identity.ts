import type { TokenCredential } from "@azure/identity";
import type { IdentitySource } from "../context.ts";
import { CliError } from "../errors.ts";
import type { Transport } from "../http/transport.ts";
import { Sensitive } from "../secret/sensitive.ts";
import type { AzOptions } from "./az.ts";
import { azCredential, azSubscription } from "./az-credential.ts";
import type { Cloud } from "./cloud.ts";
import { environmentCredential, hasEnvironmentCredential } from "./environment-credential.ts";

/** Who we are in Azure. */
export type Identity = {
  /** A token for Azure Resource Manager, kept until shortly before it expires. */
  token(): Promise<Sensitive>;
  /** The subscription that the person works on, where that is known without asking ARM. */
  subscription(): Promise<string | undefined>;
};

export type IdentityOptions = AzOptions & { readonly cloud: Cloud; readonly transport: Transport; now(): Date };

/** A token with less time than this left is renewed before it is used. Milliseconds. */
const margin = 5 * 60_000;

/** `auto` takes the environment where it describes a service principal, else the Azure CLI. Nothing is asked yet. */
export function openIdentity(source: IdentitySource, options: IdentityOptions): Identity {
  const { cloud, env, signal, now } = options;
  const byEnvironment = source === "env" || (source === "auto" && hasEnvironmentCredential(env));
  let credential: TokenCredential | undefined;
  let held: Promise<{ token: Sensitive; until: number }> | undefined;

  async function renew(): Promise<{ token: Sensitive; until: number }> {
    credential ??= byEnvironment ? environmentCredential(env, cloud.authority, options.transport) : azCredential(options);
    const token = await credential.getToken(`${cloud.resourceManager}/.default`, { abortSignal: signal() });
    if (token === null) throw new CliError("unauthenticated", "Azure gave no token", { hint: "az login" });
    return { token: new Sensitive(token.token), until: token.expiresOnTimestamp - margin };
  }

  function hold(): Promise<{ token: Sensitive; until: number }> {
    const asked = renew();
    held = asked;
    // An interruption is no answer: a run that is taken back afterwards asks anew.
    asked.catch((error: unknown) => {
      if (held === asked && error instanceof CliError && error.kind === "cancelled") held = undefined;
    });
    return asked;
  }

  return {
    async token() {
      const asked = held ?? hold();
      const { token, until } = await asked;
      if (now().getTime() < until) return token;
      // Whoever comes first renews it for all who wait.
      return (await (held === asked || held === undefined ? hold() : held)).token;
    },
    async subscription() {
      return env.AZURE_SUBSCRIPTION_ID || (byEnvironment ? undefined : azSubscription(options));
    },
  };
}

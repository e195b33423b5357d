import type { AccessToken, TokenCredential } from "@azure/identity";
import type { Audience, IdentityWish } from "../context.ts";
import { CliError } from "../errors.ts";
import { openTransport, type Transport } from "../http/transport.ts";
import type { Sensitive } from "../secret/sensitive.ts";
import type { AzOptions } from "./az.ts";
import { azCredential, azSubscription } from "./az-credential.ts";
import { azNotes, type Given, given } from "./az-notes.ts";
import type { Cloud } from "./cloud.ts";
import { environmentCredential } from "./environment-credential.ts";
import type { Source } from "./identity-source.ts";
import { managedCredential, unproxied } from "./managed-credential.ts";
import type { NoteFiles } from "./note-files.ts";
import { workloadCredential } from "./workload-credential.ts";

/** Whom a token is for: besides, Microsoft Graph. */
export type For = Audience | "graph";

/** Who we are in Azure. */
export type Identity = {
  /** A token, kept until shortly before it expires. */
  token(audience?: For): Promise<Sensitive>;
  /** Another than the one that was refused, if that was noted in a run before; undefined where there is none. */
  insteadOf(refused: Sensitive, audience?: For): Promise<Sensitive | undefined>;
  /** The subscription that the person works on, where that is known without asking ARM. */
  subscription(): Promise<string | undefined>;
};

export type IdentityOptions = AzOptions & {
  readonly source: Source;
  readonly wish?: Omit<IdentityWish, "source">;
  readonly cloud: Cloud;
  readonly transport: Transport;
  readonly notes?: NoteFiles | undefined;
  now(): Date;
};

/** The same in all clouds (learn.microsoft.com/azure/container-registry/container-registry-disable-authentication-as-arm). */
const registries = "https://containerregistry.azure.net";

type Held = Promise<Given>;

/** Opens an identity. Nothing is asked yet. */
export function openIdentity(options: IdentityOptions): Identity {
  const { source, cloud, env, signal, now } = options;
  const held = new Map<For, Held>();
  const noted = source === "az" && options.notes ? azNotes({ ...options, files: options.notes }) : undefined;
  let credential: TokenCredential | undefined;

  async function ask(resource: string): Promise<AccessToken> {
    credential ??= credentials[source](options);
    const token = await credential.getToken(`${resource}/.default`, { abortSignal: signal() });
    if (token === null) throw new CliError("unauthenticated", "Azure gave no token", { hint: "az login" });
    return token;
  }

  async function renew(audience: For, refused?: Sensitive): Held {
    const resource = { management: cloud.resourceManager, registries, graph: cloud.graph }[audience];
    return noted ? noted.give(resource, () => ask(resource), refused) : given(await ask(resource));
  }

  function hold(audience: For, refused?: Sensitive): Held {
    const asked = renew(audience, refused);
    held.set(audience, asked);
    // An interruption is no answer: a run that is taken back afterwards asks anew.
    asked.catch((error: unknown) => {
      if (held.get(audience) === asked && error instanceof CliError && error.kind === "cancelled") held.delete(audience);
    });
    return asked;
  }

  /** The next one: whoever comes first sends for it, for all who wait. */
  function next(audience: For, after: Held, refused?: Sensitive): Held {
    const later = held.get(audience);
    return later === after || later === undefined ? hold(audience, refused) : later;
  }

  return {
    async token(audience = "management") {
      const asked = held.get(audience) ?? hold(audience);
      const { token, until } = await asked;
      return now().getTime() < until ? token : (await next(audience, asked)).token;
    },
    async insteadOf(refused, audience = "management") {
      const asked = held.get(audience);
      const last = await asked;
      if (!asked || !last?.token.equals(refused)) return last?.token;
      if (!last.noted) return undefined;
      const { token } = await next(audience, asked, refused);
      return token.equals(refused) ? undefined : token;
    },
    async subscription() {
      return env.AZURE_SUBSCRIPTION_ID || (source === "az" ? azSubscription(options) : undefined);
    },
  };
}

/** The credential of each source. */
const credentials: Readonly<Record<Source, (options: IdentityOptions) => TokenCredential>> = {
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

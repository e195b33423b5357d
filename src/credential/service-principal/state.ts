import type { Application, Azure, AzureRegistry, RegistryFacts, ServicePrincipal } from "../../azure/port.ts";
import { CliError, isLost } from "../../errors.ts";
import type { RetryOptions } from "../retry.ts";

/**
 * The objects in Azure when the plan was made, the names of the objects to create, and what this run did since. The names identify an
 * object whose response was lost.
 */
export type State = {
  /** The display name. */
  readonly name: string;
  readonly application: Application | undefined;
  readonly principal: ServicePrincipal | undefined;
  /** The notes of a new application. */
  readonly notes: string;
  /** The name of the password. */
  readonly key: string;
  /** The requests of this run. */
  readonly asked: { application?: boolean; principal?: boolean; role?: boolean; key?: boolean };
  /** The objects that Azure created; absent if the response was lost. */
  readonly made: { application?: Application; principal?: ServicePrincipal; keyId?: string | undefined };
  /** The service principal that another run created after this plan was made. */
  existing?: ServicePrincipal;
  /** The repositories of the role before and after this run. */
  written?: { readonly before: readonly string[] | undefined; readonly after: readonly string[] } | undefined;
};

export type PrincipalAzure = {
  readonly azure: Azure;
  readonly registry: AzureRegistry;
  readonly mode: RegistryFacts["mode"];
  readonly retry: RetryOptions;
};

/** Returns the application. @throws CliError internal if there is none */
export function applicationOf({ made, application, name }: State): Application {
  return made.application ?? application ?? unmade("application", name);
}

/** Returns the principal that gets the role. @throws CliError internal */
export function principalOf({ made, existing, principal, name }: State): ServicePrincipal {
  return made.principal ?? existing ?? principal ?? unmade("service principal", name);
}

function unmade(what: string, name: string): never {
  throw new CliError("internal", `a plan needs ${what} ${name}, and nothing has made it`);
}

/** Whether Azure definitely did not apply a request. */
export const isRefused = (error: unknown): boolean => error instanceof CliError && !isLost(error);

/** Returns the passwords that another run has created since the plan was made. */
export async function newKeys(it: State, azure: Azure) {
  const { appId, keys: before } = it.application ?? { ...applicationOf(it), keys: [] };
  const [now] = await azure.applications({ appId });
  const known = new Set([...before.map(({ slot }) => slot), it.made.keyId]);
  return (now?.keys ?? []).filter(({ slot }) => !known.has(slot));
}

/** Whether another run has started to use what this run created, because it has added a password to the application. */
export const isUsed = async (it: State, azure: Azure): Promise<boolean> =>
  (await newKeys(it, azure)).some(({ displayName }) => displayName !== it.key);

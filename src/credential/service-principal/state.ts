import type { Azure, AzureRegistry } from "../../azure/port.ts";
import type { Application, ServicePrincipal } from "../../azure/principals.ts";
import { CliError, isLost } from "../../errors.ts";
import type { Patience } from "../retry.ts";
import type { Mode } from "./pull-roles.ts";

/** What stood in Azure when the plan was made, and what stands behind what is made: by it a lost answer is found again. */
export type Issued = {
  /** The display name. */
  readonly name: string;
  readonly application: Application | undefined;
  readonly principal: ServicePrincipal | undefined;
  /** Of an application that is made. */
  readonly notes: string;
  /** What the password is called. */
  readonly key: string;
};

/** What this run asked for, and what it got; the second is not there where the answer was lost. */
export type State = Issued & {
  readonly asked: { application?: boolean; principal?: boolean; role?: boolean; key?: boolean };
  readonly made: { application?: Application; principal?: ServicePrincipal; keyId?: string | undefined };
  /** The service principal that another run created after this plan was made. */
  existing?: ServicePrincipal;
  /** What the role let pull before this run, and what it lets since. */
  written?: { readonly before: readonly string[] | undefined; readonly after: readonly string[] } | undefined;
};

export type Outside = { readonly azure: Azure; readonly registry: AzureRegistry; readonly mode: Mode; readonly patience: Patience };

/** What the application is, whoever made it. @throws CliError internal */
export function applicationOf({ made, application, name }: State): Application {
  return made.application ?? application ?? unmade("application", name);
}

/** Whom the role is given to. @throws CliError internal */
export function principalOf({ made, existing, principal, name }: State): ServicePrincipal {
  return made.principal ?? existing ?? principal ?? unmade("service principal", name);
}

function unmade(what: string, name: string): never {
  throw new CliError("internal", `a plan needs ${what} ${name}, and nothing has made it`);
}

/** What is refused was not made; of a lost answer nobody knows. */
export const isRefused = (error: unknown): boolean => error instanceof CliError && !isLost(error);

/** Passwords that were not there when the plan was made, and that this run did not make. */
export async function strangers(it: State, azure: Azure) {
  const { appId, keys: before } = it.application ?? { ...applicationOf(it), keys: [] };
  const [now] = await azure.applications({ appId });
  const known = new Set([...before.map(({ keyId }) => keyId), it.made.keyId]);
  return (now?.keys ?? []).filter(({ keyId }) => !known.has(keyId));
}

/** Whether somebody else has come to use what this run made: another run has a password of the application since. */
export const isUsed = async (it: State, azure: Azure): Promise<boolean> =>
  (await strangers(it, azure)).some(({ displayName }) => displayName !== it.key);

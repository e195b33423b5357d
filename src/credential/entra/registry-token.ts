import type { Azure, AzureRegistry, EntraToken } from "../../azure/port.ts";
import { CliError, isForbidden } from "../../errors.ts";
import { toSeconds } from "../../moment.ts";
import type { Login } from "../../registry/port.ts";
import { tokenUser } from "../../secret/guess.ts";
import type { TokenClaims } from "../../secret/jwt.ts";
import type { HeldLogin, Sources } from "../kind.ts";
import { refusal } from "../prove.ts";

/** Where a token comes from. */
export type TokenSource = {
  readonly host: string;
  /** The registry in Azure, where it was looked for. */
  readonly inAzure: AzureRegistry | undefined;
  readonly azure: Azure;
  readonly sources: Sources;
};

/** A registry's own token, with what it says of itself. */
export type RegistryToken = { readonly login: Login; readonly claims: TokenClaims };

/** Who makes a registry's tokens, as they say themselves. */
const issuer = "Azure Container Registry";

/** The registry's token that a Secret holds, by the token itself, because anyone with access to the Secret can write its annotation. */
export function standingToken(held: HeldLogin | undefined, host: string): RegistryToken | undefined {
  const { login } = held ?? {};
  const claims = login?.username === tokenUser ? login.password.claims : undefined;
  if (!login || claims?.issuer !== issuer || claims.audience !== host) return undefined;
  return { login, claims };
}

/** The time by the registry's clock. Before its first answer only this machine's clock is known. */
export const registryTime = ({ host, sources }: Pick<TokenSource, "host" | "sources">): number =>
  sources.now().getTime() + (sources.registry().aheadBy?.(host) ?? 0);

/** When half of a token's life is gone, in milliseconds; NaN where it does not tell. */
export const halfLife = ({ madeAt = "", expiresAt = "" }: TokenClaims): number => (Date.parse(madeAt) + Date.parse(expiresAt)) / 2;

/**
 * Gives an Azure identity's token for one of the registry's own. What is none of these, whoever answered, reaches no Secret.
 * @throws CliError forbidden where the registry gives the identity none
 */
export async function makeToken(at: TokenSource): Promise<RegistryToken & { readonly of: string }> {
  const { host, sources } = at;
  const entra = await entraToken(at);
  const of = entra.of.name || entra.of.objectId;
  const answer = await sources.registry().exchange(host, entra);
  if (!("token" in answer)) throw answer.verdict === "refused" ? mayNot(answer.message) : refusal(answer.verdict, answer.message);
  const login = { username: tokenUser, password: answer.token };
  const claims = answer.token.claims;
  const now = registryTime(at);
  const isOwn = claims?.issuer === issuer && claims.audience === host;
  if (isOwn && Date.parse(claims.expiresAt ?? "") > now) {
    // One that does not tell was made now
    const madeAt = claims.madeAt ?? toSeconds(new Date(now));
    return { login, claims: { ...claims, madeAt }, of };
  }
  throw new CliError("unreachable", `what ${host} gave is no token of its own that still works`, {
    hint: "check HTTPS_PROXY, and this machine's clock",
  });
}

const mayNot = (message: string) =>
  new CliError("forbidden", message, {
    hint:
      "ask an Owner of the registry for the role AcrPull, or where it goes by conditions (ABAC) Container Registry Repository Reader; " +
      "in another tenant than your own, add --tenant",
  });

/** Registries have an audience of their own. Where a tenant gives no tokens for it, those for Azure Resource Manager may do. */
async function entraToken({ host, inAzure, azure }: TokenSource): Promise<EntraToken> {
  try {
    return await azure.entraToken(host, "registries");
  } catch (error) {
    if (!isForbidden(error)) throw error;
    if (inAzure && !(await azure.registryFacts(inAzure)).armAudience) throw error;
    return azure.entraToken(host, "management");
  }
}

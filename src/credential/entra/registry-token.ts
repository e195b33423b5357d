import type { Azure, AzureRegistry } from "../../azure/port.ts";
import { CliError, isForbidden } from "../../errors.ts";
import type { Login } from "../../registry/port.ts";
import { tokenUser } from "../../secret/guess.ts";
import type { TokenClaims } from "../../secret/sensitive.ts";
import { toSeconds } from "../../timestamp.ts";
import type { RecordedLogin, Sources } from "../kind.ts";
import { refusal } from "../prove.ts";

export type TokenIssuer = {
  readonly host: string;
  /** Undefined if the registry was not read in Azure. */
  readonly inAzure: AzureRegistry | undefined;
  readonly azure: Azure;
  readonly sources: Sources;
};

export type RegistryToken = { readonly login: Login; readonly claims: TokenClaims };

/** The claim `iss` of a registry's tokens. */
const issuer = "Azure Container Registry";

/**
 * Returns the registry's token that a Secret holds, judged by the token itself, because anyone with access to the Secret can write its
 * annotation.
 */
export function standingToken(held: RecordedLogin | undefined, host: string): RegistryToken | undefined {
  const { login } = held ?? {};
  const claims = login?.username === tokenUser ? login.password.claims : undefined;
  if (!login || claims?.issuer !== issuer || claims.audience !== host) return undefined;
  return { login, claims };
}

/** Returns the registry's time in epoch milliseconds, or this machine's time before the registry's first answer. */
export const registryTime = ({ host, sources }: Pick<TokenIssuer, "host" | "sources">): number =>
  sources.now().getTime() + (sources.registry().aheadBy?.(host) ?? 0);

/** Returns the middle of a token's lifetime in epoch milliseconds; NaN if the token doesn't show it. */
export const halfLife = ({ madeAt = "", expiresAt = "" }: TokenClaims): number => (Date.parse(madeAt) + Date.parse(expiresAt)) / 2;

/**
 * Exchanges a token of an Azure identity for one of the registry. Rejects any other token in the answer.
 * @throws CliError forbidden if the registry issues no token to the identity
 */
export async function makeToken(at: TokenIssuer): Promise<RegistryToken & { readonly of: string }> {
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
    // A token without an issue time was issued now
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

/**
 * Returns a token for the audience of registries. If the tenant issues none for it, returns a token for Azure Resource Manager, which can
 * work too.
 */
async function entraToken({ host, inAzure, azure }: TokenIssuer) {
  try {
    return await azure.entraToken(host, "registries");
  } catch (error) {
    if (!isForbidden(error)) throw error;
    if (inAzure && !(await azure.registryFacts(inAzure)).armAudience) throw error;
    return azure.entraToken(host, "management");
  }
}

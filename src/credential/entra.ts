import type { Azure, AzureRegistry } from "../azure/port.ts";
import { CliError, type ErrorKind, Interrupted, isForbidden, isRefusal } from "../errors.ts";
import { loginServerIn } from "../registry/login-server.ts";
import type { Login, Registry } from "../registry/port.ts";
import { tokenUser } from "../secret/guess.ts";
import type { Credential } from "../secret/record.ts";
import type { TokenClaims } from "../sensitive.ts";
import { toSeconds } from "../timestamp.ts";
import type { Asked, CredentialKind, Sources } from "./credential-kind.ts";
import { refuseWorking } from "./existing-login.ts";
import type { Inside, Taken, Taker } from "./issuer.ts";
import { OthersLogin, Unconfirmed } from "./owner.ts";
import { type LoginTest, refusal, stillPulls } from "./prove.ts";
import type { RepositoryScope } from "./repository-scope.ts";

/**
 * The registry's own token for the user's Azure identity. Requesting it creates no object in Azure. It expires within hours and can't be
 * revoked.
 */
export const entra = {
  name: "entra",
  flagsFor: () => ({ entra: true }),
  creation: {
    isShortLived: true,
    rights: ["Microsoft.ContainerRegistry/registries/pull/read"],
    dataRights: ["Microsoft.ContainerRegistry/registries/repositories/content/read"],
  },
  flags: {
    entra: {
      type: "boolean",
      // The registry alone sets the expiry of its tokens
      exclusive: ["admin", "expires-in", "password-stdin", "username"],
      describe: "Use a token of your own Azure identity. It has your rights and expires in hours",
    },
  },
  parse: ({ flags: { entra: asked } }) => asked === true,
  async open(asked, sources): Promise<Taker> {
    const azure = await sources.azure(asked.identity);
    // An identity with only pull permission can't read the registry in Azure
    const host = loginServerIn(asked.registry);
    if (host !== undefined) return takerOf({ host, inAzure: undefined, azure, asked, sources });
    // Starting az takes a second, and finding the registry requires another token
    azure.prefetchToken("registries");
    const looking = sources.during(`Looking for ${asked.registry} in Azure`, () => azure.findRegistry(asked.registry));
    const inAzure = await looking.catch(withHostHint);
    return takerOf({ host: inAzure.loginServer.toLowerCase(), inAzure, azure, asked, sources });
  },
} as const satisfies CredentialKind;

function withHostHint(error: unknown): never {
  if (!(error instanceof CliError) || error.kind !== "notFound") throw error;
  const hint = "check the spelling, or specify the login server, which needs no permission to read the registry in Azure";
  throw new CliError("notFound", error.message, { hint, cause: error });
}

type EntraEnv = {
  readonly host: string;
  /** Undefined if the registry was not read in Azure. */
  readonly inAzure: AzureRegistry | undefined;
  readonly azure: Azure;
  readonly asked: Asked;
  readonly sources: Sources;
};

type Token = { readonly login: Login; readonly claims: TokenClaims };

function takerOf(env: EntraEnv): Taker {
  const { host, asked, sources } = env;
  let requested: ReturnType<typeof requestToken> | undefined;
  const requestOnce = () => {
    requested ??= sources.during(`Asking ${host} for a token`, () => requestToken(env));
    return requested;
  };
  return {
    kind: entra.name,
    host,
    async take(inside, scope) {
      const token = await requestOnce();
      // A rotation replaces the token, however young it is
      const kept = asked.isRecorded ? undefined : await keptToken(inside, token, scope, env);
      if (kept) return kept;
      await refuseOthers(inside, token, scope, env);
      if (asked.isRecorded) await requireSame(inside, token, env);
      const { login, claims, of } = token;
      const message = `secret/${inside.to.name} expires at ${claims.expiresAt}. Until then, everyone who can read it has the rights of ${of} at ${host}`;
      const credential = { ...credentialOfToken(host, claims), by: of };
      return { login, credential, warnings: [message], isProven: !asked.verify };
    },
  };
}

/** Returns the token that a Secret holds, if it is one of the same identity that pulls, in the first half of its lifetime. */
async function keptToken(inside: Inside, next: Token, scope: RepositoryScope, env: EntraEnv): Promise<Taken | undefined> {
  const { to, credential, login } = inside;
  const { host, sources } = env;
  const token = login && isSameIdentity(login, next) ? tokenOf(login, host) : undefined;
  if (!token) return undefined;
  const isYoung = () => registryTime(env) < halfLife(token.claims);
  // The registry's answer shows its time, if that is not known yet
  if (!isYoung() && sources.registry().aheadBy?.(host) !== undefined) return undefined;
  const { pulls, untestedBecause } = await test(token.login, scope, env);
  if (!isYoung() || pulls === "no") return undefined;
  const untested = untestedBecause === undefined ? [] : [`secret/${to.name} keeps its token, which was not tested: ${untestedBecause}`];
  return {
    login: token.login,
    credential: { ...credentialOfToken(host, token.claims), by: credential?.by },
    warnings: [`secret/${to.name} expires at ${token.claims.expiresAt}`, ...untested],
    isProven: true,
  };
}

const test = async (login: Login, scope: RepositoryScope, { asked, sources }: EntraEnv): Promise<LoginTest> =>
  asked.verify ? stillPulls(scope, login, sources.registry()) : { pulls: "unknown", isSkipped: true };

/** @throws OthersLogin or Unconfirmed if a Secret holds a working login of another identity, without --force */
async function refuseOthers(inside: Inside, token: Token, scope: RepositoryScope, env: EntraEnv): Promise<void> {
  const { to, credential, login } = inside;
  const { asked, sources } = env;
  const isOthers =
    login?.username === tokenUser && !isSameIdentity(login, token) && !hasExpired(login.password.claims ?? {}, registryTime(env));
  if (!login || !isOthers) return refuseWorking(inside, { kind: entra.name, identity: tokenUser }, scope, asked, sources);
  if (asked.force || (await test(login, scope, env)).pulls === "no") return;
  const by = credential?.by === undefined ? "unknown" : JSON.stringify(credential.by);
  const message = `secret "${to.name}" in namespace "${to.namespace}" holds a working token of another Azure identity (${by})`;
  throw new OthersLogin(message, "use another name, or add --force to overwrite that token");
}

/**
 * Anyone in the namespace can write a record, and a text that looks like a token. Therefore a record alone gives a Secret no token.
 * @throws OthersLogin or Unconfirmed unless the Secret holds a token of the same identity that the registry accepts
 */
async function requireSame({ to: { name, namespace }, login }: Inside, token: Token, { host, asked, sources }: EntraEnv): Promise<void> {
  const isSame = login && isSameIdentity(login, token);
  const { verdict, message: why } = isSame ? await sources.registry().admits(host, login) : { verdict: "refused", message: "" };
  if (verdict === "pulls") return;
  if (verdict === "unreachable") throw new CliError("unreachable", why);
  const message = `secret "${name}" in namespace "${namespace}" holds no valid token of your Azure identity`;
  const isOthers = !isSame && login?.password.claims?.subject !== undefined && !asked.force;
  throw new (isOthers ? OthersLogin : Unconfirmed)(message, "if it should hold your token, run create with --entra");
}

/**
 * Whether a login is a token of the same identity. Only such a token is replaced, because anyone with access to the namespace can write
 * their own token.
 */
function isSameIdentity({ password }: Login, { claims }: Token): boolean {
  const subject = password.claims?.subject;
  return subject !== undefined && subject === claims.subject;
}

const hasExpired = ({ expiresAt = "" }: Partial<TokenClaims>, now: number): boolean => Date.parse(expiresAt) <= now;

const credentialOfToken = (host: string, { id, madeAt, expiresAt }: TokenClaims): Credential => ({
  kind: entra.name,
  host,
  identity: tokenUser,
  // All tokens have the same user name, and two users can get a token in the same second
  slot: id,
  madeAt,
  expiresAt,
});

/** The claim `iss` of a registry's tokens. */
const issuer = "Azure Container Registry";

/** Returns the registry's token in a login. Reads only the token, because anyone with access to the Secret can write its annotation. */
function tokenOf(login: Login, host: string): Token | undefined {
  const claims = login.username === tokenUser ? login.password.claims : undefined;
  return claims?.issuer === issuer && claims.audience === host ? { login, claims } : undefined;
}

/** Returns the registry's time in epoch milliseconds, or this machine's time before the registry's first answer. */
const registryTime = ({ host, sources }: EntraEnv): number => sources.now().getTime() + (sources.registry().aheadBy?.(host) ?? 0);

/** Returns the middle of a token's lifetime in epoch milliseconds; NaN if the token doesn't show it. */
const halfLife = ({ madeAt = "", expiresAt = "" }: TokenClaims): number => (Date.parse(madeAt) + Date.parse(expiresAt)) / 2;

/**
 * Exchanges a token of an Azure identity for one of the registry. Rejects any other token in the answer.
 * @throws CliError forbidden if the registry issues no token to the identity
 */
async function requestToken(env: EntraEnv): Promise<Token & { readonly of: string }> {
  const { host, sources } = env;
  const entraToken = await readEntraToken(env);
  const answer = await sources.registry().exchange(host, entraToken);
  if (!("token" in answer)) throw answer.verdict === "refused" ? noPullRole(answer.message) : refusal(answer);
  const token = tokenOf({ username: tokenUser, password: answer.token }, host);
  const now = registryTime(env);
  if (!token || !(Date.parse(token.claims.expiresAt ?? "") > now))
    throw new CliError("unreachable", `${host} returned an invalid or expired token`, {
      hint: "check HTTPS_PROXY and this machine's clock",
    });
  // A token without an issue time was issued now
  const madeAt = token.claims.madeAt ?? toSeconds(new Date(now));
  return { login: token.login, claims: { ...token.claims, madeAt }, of: entraToken.of.name || entraToken.of.objectId };
}

const noPullRole = (message: string) =>
  new CliError("forbidden", message, {
    hint:
      "ask an Owner of the registry for the role AcrPull (with ABAC: Container Registry Repository Reader); " +
      "for another tenant, add --tenant",
  });

/** Errors without a token for registries. Some installations of az have one for Azure Resource Manager only. */
const fallsBack: readonly ErrorKind[] = ["forbidden", "unauthenticated"];

/**
 * Returns a token for the audience of registries. If the tenant issues none for it, returns a token for Azure Resource Manager, which can
 * work too.
 */
async function readEntraToken({ host, inAzure, azure }: Pick<EntraEnv, "host" | "inAzure" | "azure">) {
  try {
    return await azure.entraToken(host, "registries");
  } catch (error) {
    if (!isRefusal(error) || !fallsBack.includes(error.kind)) throw error;
    if (inAzure && !(await azure.registryFacts(inAzure)).armAudience) throw error;
    return azure.entraToken(host, "management").catch((second: unknown) => Promise.reject(isForbidden(error) ? second : error));
  }
}

/** Returns a login of the user's own identity; undefined without one. It is only for messages, so its errors are not reported. */
export async function ownLogin(inAzure: AzureRegistry, azure: Azure, registry: Pick<Registry, "exchange">): Promise<Login | undefined> {
  const { loginServer: host } = inAzure;
  try {
    const answer = await registry.exchange(host, await readEntraToken({ host, inAzure, azure }));
    return "token" in answer ? { username: tokenUser, password: answer.token } : undefined;
  } catch (error) {
    if (!(error instanceof CliError) || error instanceof Interrupted) throw error;
    return undefined;
  }
}

import type { Azure, AzureRegistry } from "../../azure/port.ts";
import { CliError, isForbidden } from "../../errors.ts";
import type { Change, Warn } from "../../plan/change.ts";
import { loginServerIn } from "../../registry/login-server.ts";
import type { Login } from "../../registry/port.ts";
import type { Entry } from "../../secret/entry.ts";
import { tokenUser } from "../../secret/guess.ts";
import type { TokenClaims } from "../../secret/sensitive.ts";
import { toSeconds } from "../../timestamp.ts";
import type { Asked, Credential, Issue, Kind, Need, Sources } from "../kind.ts";
import { isUntested, type LoginTest, refusal, stillPulls } from "../prove.ts";
import { namedOrUsed, type RepositoryScope } from "../repository-scope.ts";

/**
 * The registry's own token for the user's Azure identity. Requesting it creates no object in Azure. It expires within hours and can't be
 * revoked.
 */
export const entra = {
  name: "entra",
  again: () => ({ flags: { entra: true }, warning: "it holds a token of an Azure identity; the new token is of yours" }),
  renewal: { flags: () => ({ entra: true }), isShortLived: true },
  creation: {
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
  parse: ({ flags: { entra: asked } }) => (asked === true ? { needsName: false } : undefined),
  async open(asked, sources) {
    const azure = await sources.azure(asked.identity);
    // An identity with only pull permission can't read the registry in Azure
    const host = loginServerIn(asked.registry);
    if (host !== undefined) return credentialOf({ host, inAzure: undefined, azure, asked, sources });
    // Starting az takes a second, and finding the registry requires another token
    azure.prefetchToken("registries");
    const looking = sources.during(`Looking for ${asked.registry} in Azure`, () => azure.findRegistry(asked.registry));
    const inAzure = await looking.catch(withHostHint);
    return credentialOf({ host: inAzure.loginServer.toLowerCase(), inAzure, azure, asked, sources });
  },
} as const satisfies Kind;

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

function credentialOf(env: EntraEnv): Credential {
  const { host, asked, sources } = env;
  let requested: ReturnType<typeof requestToken> | undefined;
  const isYoung = ({ claims }: Token) => registryTime(env) < halfLife(claims);
  /**
   * Tests the token. Returns undefined after half of the token's lifetime. The answer also shows the registry's time, if it is not known
   * yet.
   */
  const tried = async (token: Token, ask: (login: Login) => Promise<LoginTest>): Promise<LoginTest | undefined> => {
    if (!isYoung(token) && sources.registry().aheadBy?.(host) !== undefined) return undefined;
    const still = await ask(token.login);
    return isYoung(token) ? still : undefined;
  };
  const requestOnce = () => {
    requested ??= sources.during(`Asking ${host} for a token`, () => requestToken(env));
    return requested;
  };
  return {
    kind: entra.name,
    host,
    async issue(need) {
      const { images, current, owner } = need;
      const scope = { host, repositories: namedOrUsed(need), images };
      const ask = async (login: Login): Promise<LoginTest> =>
        asked.verify ? stillPulls(scope, login, sources.registry()) : { pulls: "unknown", isSkipped: true };
      const token = await requestOnce();
      const isOthers = (login: Login) =>
        login.username === tokenUser && !isSameIdentity(login, token) && !hasExpired(login, registryTime(env));
      const existing = current?.login && isSameIdentity(current.login, token) ? tokenOf(current.login, host) : undefined;
      const still = existing && (await tried(existing, ask));
      if (existing && still && still.pulls !== "no") return { ...keepToken(existing, still, host, need), isOthers };
      const pulls = await pullsOther(current?.login, isOthers, ask);
      return { ...issueToken(token, pulls, scope, { secret: owner.secret, verify: asked.verify }), isOthers };
    },
    lifecycle: {
      async renew({ inside, secret, images }) {
        const scope = { host, repositories: namedOrUsed({ images, repositories: [] }), images };
        const token = await requestOnce();
        if (!inside.every((login) => isSameIdentity(login, token))) throw otherIdentity(secret, host, token.of);
        return issueToken(token, "unknown", scope, { secret, verify: asked.verify });
      },
      shown: async () => undefined,
      clusters: async () => [],
      // A token expires and can't be revoked earlier
      retire: async () => [],
      revoke: async () => [],
    },
    apply: async () => ({}),
    removal: () => [],
  };
}

/**
 * Whether a login is a token of the same identity. Only such a token is replaced, because anyone with access to the namespace can write
 * their own token.
 */
function isSameIdentity({ password }: Login, { claims }: Token): boolean {
  const subject = password.claims?.subject;
  return subject !== undefined && subject === claims.subject;
}

/** Tests whether another identity's login still pulls. It is replaced only if the registry rejects it. */
async function pullsOther(login: Login | undefined, isOthers: (login: Login) => boolean, ask: (login: Login) => Promise<LoginTest>) {
  return login && (login.username !== tokenUser || isOthers(login)) ? (await ask(login)).pulls : "unknown";
}

/** Whether a token has expired. @param now epoch milliseconds */
const hasExpired = ({ password }: Login, now: number): boolean => Date.parse(password.claims?.expiresAt ?? "") <= now;

const otherIdentity = (secret: string, registry: string, of: string) =>
  new CliError("conflict", `secret "${secret}" holds a token of another Azure identity than ${of}, or of an unknown one`, {
    hint: { verb: "create", secret, registry, entra: true },
  });

function keepToken({ login, claims }: Token, still: LoginTest, host: string, { owner, images, current }: Need): Issue {
  const { pulls, untestedBecause } = still;
  const untested =
    untestedBecause === undefined ? [] : [warn(host, `secret/${owner.secret} keeps its token, which was not tested: ${untestedBecause}`)];
  const steps = [warn(host, `secret/${owner.secret} expires at ${claims.expiresAt}`), ...untested];
  const entry = { ...entryOf(host, claims), by: current?.entry?.by };
  return { steps, isLazy: false, entry, login, pulls, isUntested: isUntested(still), mayPull: undefined, images };
}

/** Proves a new token, and warns about its rights, which anyone who can read the Secret gets. */
function issueToken(
  { login, claims, of }: Awaited<ReturnType<typeof requestToken>>,
  pulls: Issue["pulls"],
  { host, repositories, images }: RepositoryScope,
  { secret, verify }: { readonly secret: string; readonly verify: boolean },
): Issue {
  const message = `secret/${secret} expires at ${claims.expiresAt}. Until then, everyone who can read it has the rights of ${of} at ${host}`;
  const prove: Change = { act: "prove", to: { kind: "registry", name: host }, repositories, fresh: false };
  const steps = [warn(host, message), ...(verify ? [prove] : [])];
  return { steps, isLazy: true, entry: { ...entryOf(host, claims), by: of }, login, pulls, mayPull: undefined, images };
}

const warn = (host: string, message: string): Warn => ({ act: "warn", to: { kind: "registry", name: host }, message });

const entryOf = (host: string, { id, madeAt, expiresAt }: TokenClaims): Entry => ({
  hosts: [host],
  kind: entra.name,
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
  if (!("token" in answer)) throw answer.verdict === "refused" ? noPullRole(answer.message) : refusal(answer.verdict, answer.message);
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

/**
 * Returns a token for the audience of registries. If the tenant issues none for it, returns a token for Azure Resource Manager, which can
 * work too.
 */
async function readEntraToken({ host, inAzure, azure }: EntraEnv) {
  try {
    return await azure.entraToken(host, "registries");
  } catch (error) {
    if (!isForbidden(error)) throw error;
    if (inAzure && !(await azure.registryFacts(inAzure)).armAudience) throw error;
    return azure.entraToken(host, "management");
  }
}

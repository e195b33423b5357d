import { CliError } from "../../errors.ts";
import type { Change, Warn } from "../../plan/change.ts";
import { loginServerIn } from "../../registry/login-server.ts";
import type { Login } from "../../registry/port.ts";
import type { Entry } from "../../secret/entry.ts";
import { tokenUser } from "../../secret/guess.ts";
import type { TokenClaims } from "../../secret/sensitive.ts";
import type { Asked, Credential, Issue, Kind, Need, Renewal } from "../kind.ts";
import { isUntried, type Still, stillPulls } from "../prove.ts";
import { namedOrUsed } from "../repository-scope.ts";
import { halfLife, makeToken, type RegistryToken, registryTime, standingToken, type TokenIssuer } from "./registry-token.ts";

/**
 * The registry's own token for the user's Azure identity. Requesting it creates no object in Azure. It expires within hours and can't be
 * revoked.
 */
export const entra = {
  name: "entra",
  again: () => ({ flags: { entra: true }, noted: "it holds a token of somebody's Azure identity; the next one is of yours" }),
  renewal: { flags: () => ({ entra: true }), isShortLived: true },
  creation: {
    flag: "--entra",
    rights: ["Microsoft.ContainerRegistry/registries/pull/read"],
    dataRights: ["Microsoft.ContainerRegistry/registries/repositories/content/read"],
  },
  flags: {
    entra: {
      type: "boolean",
      // The registry alone sets the expiry of its tokens
      exclusive: ["acr-token", "admin", "expires-in", "from-docker-config", "password-stdin", "scope-map", "username"],
      describe: "Take a token of your own Azure identity, which may do what you may, and dies within hours",
    },
    keep: {
      type: "boolean",
      describe: "With --entra: stay, put the next token there before the last one dies, and take what was made away at Ctrl-C",
    },
  },
  parse: ({ flags: { entra: asked } }) => (asked === true ? { needsName: false } : undefined),
  async open(asked, sources) {
    const azure = await sources.azure(asked.identity);
    // An identity with only pull permission can't read the registry in Azure
    const host = loginServerIn(asked.registry);
    if (host !== undefined) return credentialOf({ host, inAzure: undefined, azure, asked, sources });
    // Starting az takes a second, and finding the registry requires another token
    azure.sendFor("registries");
    const looking = sources.during(`Looking for ${asked.registry} in Azure`, () => azure.findRegistry(asked.registry));
    const inAzure = await looking.catch(byHost);
    return credentialOf({ host: inAzure.loginServer.toLowerCase(), inAzure, azure, asked, sources });
  },
} as const satisfies Kind;

function byHost(error: unknown): never {
  if (!(error instanceof CliError) || error.kind !== "notFound") throw error;
  const hint = "check the spelling; or name its login server, which takes no right to read the registry in Azure";
  throw new CliError("notFound", error.message, { hint, cause: error });
}

type At = TokenIssuer & { readonly asked: Asked };

function credentialOf(at: At): Credential {
  const { host, asked, sources } = at;
  let made: ReturnType<typeof makeToken> | undefined;
  let renewal: number | undefined;
  const due = <T extends RegistryToken>(token: T): T => {
    renewal = Math.min(renewal ?? Number.POSITIVE_INFINITY, halfLife(token.claims));
    return token;
  };
  const isYoung = ({ claims }: RegistryToken) => registryTime(at) < halfLife(claims);
  /**
   * Tests the token. Returns undefined after half of the token's lifetime. The answer also shows the registry's time, if it is not known
   * yet.
   */
  const tried = async (token: RegistryToken, ask: (login: Login) => Promise<Still>): Promise<Still | undefined> => {
    if (!isYoung(token) && sources.registry().aheadBy?.(host) !== undefined) return undefined;
    const still = await ask(token.login);
    return isYoung(token) ? still : undefined;
  };
  const makeOnce = () => {
    made ??= sources.during(`Asking ${host} for a token`, () => makeToken(at));
    return made;
  };
  return {
    kind: entra.name,
    host,
    async issue(need: Need) {
      const { images, held } = need;
      const repositories = namedOrUsed(need);
      const ask = async (login: Login): Promise<Still> =>
        asked.verify ? stillPulls({ host, repositories, images }, login, sources.registry()) : { pulls: "unknown", isSkipped: true };
      const token = await makeOnce();
      const isOthers = (login: Login) => login.username === tokenUser && !isSameIdentity(login, token) && !isOver(login, registryTime(at));
      const standing = held?.login && isSameIdentity(held.login, token) ? standingToken(held, host) : undefined;
      const still = standing && (await tried(standing, ask));
      if (standing && still && still.pulls !== "no") return { ...keep(due(standing), still, host, need), isOthers };
      const pulls = await pullsOther(held?.login, isOthers, ask);
      const { secret } = need.owner;
      return { ...take(due(token), pulls, { host, repositories, verify: asked.verify, secret, images }), isOthers };
    },
    lifecycle: {
      async renew({ inside, secret, images }: Renewal) {
        const repositories = namedOrUsed({ images, repositories: [] });
        const token = await makeOnce();
        if (!inside.every((login) => isSameIdentity(login, token))) throw ofAnother(secret, host, token.of);
        return take(due(token), "unknown", { host, repositories, verify: asked.verify, secret, images });
      },
      shown: async () => undefined,
      clusters: async () => [],
      // A token expires and can't be revoked earlier
      retire: async () => [],
      revoke: async () => [],
    },
    apply: async () => ({}),
    removal: () => [],
    // According to this machine's clock
    renewAt: () => (renewal === undefined ? undefined : new Date(renewal - registryTime(at) + sources.now().getTime())),
  };
}

/**
 * Whether a login is a token of the same identity. Only such a token is replaced, because anyone with access to the namespace can write
 * their own token.
 */
function isSameIdentity({ password }: Login, { claims }: RegistryToken): boolean {
  const subject = password.claims?.subject;
  return subject !== undefined && subject === claims.subject;
}

/** Tests whether another identity's login still pulls. It is replaced only if the registry rejects it. */
async function pullsOther(login: Login | undefined, isOthers: (login: Login) => boolean, ask: (login: Login) => Promise<Still>) {
  return login && (login.username !== tokenUser || isOthers(login)) ? (await ask(login)).pulls : "unknown";
}

/** Whether a token has expired. @param now epoch milliseconds */
const isOver = ({ password }: Login, now: number): boolean => Date.parse(password.claims?.expiresAt ?? "") <= now;

const ofAnother = (secret: string, registry: string, of: string) =>
  new CliError("conflict", `secret "${secret}" holds a token of another Azure identity than ${of}, or one that does not tell whose it is`, {
    hint: { verb: "create", secret, registry, entra: true },
  });

/** Keeps the token of the Secret. */
function keep({ login, claims }: RegistryToken, still: Still, host: string, { owner, images, held }: Need): Issue {
  const { pulls, unasked } = still;
  const untried = unasked === undefined ? [] : [warn(host, `secret/${owner.secret} keeps its token, which was not tried: ${unasked}`)];
  const steps = [warn(host, `secret/${owner.secret} dies at ${claims.expiresAt}`), ...untried];
  const entry = { ...entryOf(host, claims), by: held?.entry?.by };
  return { steps, isLazy: false, entry, login, pulls, isUntried: isUntried(still), mayPull: undefined, images };
}

type Aim = Pick<Renewal, "secret" | "images"> & Pick<Asked, "verify"> & { readonly host: string; readonly repositories: readonly string[] };

/** Proves a new token, and warns about its rights, which anyone who can read the Secret gets. */
function take(
  { login, claims, of }: Awaited<ReturnType<typeof makeToken>>,
  pulls: Issue["pulls"],
  { host, repositories, verify, secret, images }: Aim,
): Issue {
  const says = `secret/${secret} dies at ${claims.expiresAt}: until then whoever reads it may do at ${host} what ${of} may`;
  const prove: Change = { act: "prove", to: { kind: "registry", name: host }, repositories, fresh: false };
  const steps = [warn(host, says), ...(verify ? [prove] : [])];
  return { steps, isLazy: true, entry: { ...entryOf(host, claims), by: of }, login, pulls, mayPull: undefined, images };
}

const warn = (host: string, says: string): Warn => ({ act: "warn", to: { kind: "registry", name: host }, says });

const entryOf = (host: string, { id, madeAt, expiresAt }: TokenClaims): Entry => ({
  hosts: [host],
  kind: entra.name,
  identity: tokenUser,
  // All tokens have the same user name, and two users can get a token in the same second
  slot: id,
  madeAt,
  expiresAt,
});

import type { AcrToken, Audience, Azure, AzureRegistry, Permission, RegistryFacts, ScopeMap, Slot } from "../../../src/azure/port.ts";
import { CliError, Interrupted } from "../../../src/errors.ts";
import type { Interruption } from "../../../src/interruption.ts";
import { loginServerIn } from "../../../src/registry/login-server.ts";
import type { ImageRef, Login, Proof, Registry } from "../../../src/registry/port.ts";
import { covers } from "../../../src/registry/repository.ts";
import { tokenUser } from "../../../src/secret/guess.ts";
import { Sensitive } from "../../../src/sensitive.ts";
import type { Asking } from "./asked.ts";
import { type FakeDirectory, fakeDirectory } from "./directory.ts";
import { type FakeIdentities, fakeIdentities } from "./identities.ts";

type Password = { readonly text: string; readonly creationTime: string; readonly expiry: string | undefined };
type Token = { scopeMapId: string; status: AcrToken["status"]; readonly passwords: Map<Slot, Password> };

export type FakeAzure = {
  azure(interruption: Interruption): Azure;
  registry(interruption: Interruption): Registry;
  readonly tokens: ReadonlyMap<string, Token>;
  readonly scopeMaps: ReadonlyMap<string, ScopeMap>;
  /** `app/web:1` */
  readonly images: Set<string>;
  /** Other logins that may pull every image: user name to password. */
  readonly users: Map<string, string>;
  /** The admin user's passwords. Empty while the admin user is off. */
  readonly admin: Map<string, string>;
  /** The registry's own tokens for Azure identities, by the registry's clock. */
  readonly entra: {
    now: Date;
    /** Milliseconds by which the registry's clock is ahead of the run's. */
    ahead: number;
    /** The lifetime of a token in hours. */
    lifetime: number;
    /** The registry's response instead of a token. */
    refusal?: Proof;
    /** The audiences for which Entra ID issues tokens. */
    audiences: Audience[];
    /** Claims that replace those of the tokens. */
    claims: Record<string, unknown>;
    readonly alive: Set<string>;
  };
  /** Applications, service principals and their roles. */
  readonly directory: FakeDirectory;
  readonly identities: FakeIdentities;
  /** The settings of the registry. */
  readonly facts: { mode: RegistryFacts["mode"]; network: RegistryFacts["network"] };
  /** When tokens and scope maps were created and last written, by name, with the time of Azure's clock at that moment. */
  readonly times: Map<string, { readonly madeAt?: string; readonly changedAt?: string }>;
  readonly clock: {
    at: string | undefined;
    /** The creation time of new passwords (epoch milliseconds). By default, each is one second later than the previous one. */
    made?: () => number;
  };
  /** The permissions of the identity on the registry. */
  readonly permissions: Permission[];
  /** Whether the registry accepts a login. */
  knows(login: { readonly username: string; readonly password: string }): boolean;
  putScopeMap(map: { name: string; description?: string; actions: readonly string[] }): void;
  /** Generates a password in a slot, as another user. */
  generate(token: string, slot: Slot): void;
  removeToken(name: string): void;
  /** Renames a token and its scope map, which keep their other properties. */
  renameToken(from: string, to: string): void;
  /** Creates a token with passwords in these slots. @returns the texts of its passwords */
  putToken(name: string, slots: readonly Slot[], scopeMap?: string): string[];
};

/**
 * Creates an Azure with one registry and the registry's own endpoints. Tokens have two slots, and each password has its own creation time.
 */
export function fakeAzure(asking: Asking, { sku = "Premium", host = "myregistry.azurecr.io" } = {}): FakeAzure {
  const resource: AzureRegistry = { id: "/registries/myregistry", name: "myregistry", loginServer: host, sku };
  const tokens = new Map<string, Token>();
  const scopeMaps = new Map<string, ScopeMap>();
  const images = new Set<string>();
  const users = new Map<string, string>();
  const admin = new Map<string, string>();
  const permissions: Permission[] = [{ actions: ["*"], notActions: [] }];
  const entra: FakeAzure["entra"] = {
    now: new Date("2026-01-01T00:00:00Z"),
    ahead: 0,
    lifetime: 3,
    audiences: ["registries", "management"],
    claims: {},
    alive: new Set(),
  };
  const identity = { type: "user", name: "jane@example.com", objectId: "o-1", tenant: "t-1" } as const;
  const directory = fakeDirectory();
  const identities = fakeIdentities();
  const times: FakeAzure["times"] = new Map();
  const old = { madeAt: "2026-01-01T00:00:00Z", changedAt: "2026-01-01T00:00:00Z" };
  const clock: FakeAzure["clock"] = { at: "2026-03-01T00:00:00Z" };
  const facts: FakeAzure["facts"] = { mode: "legacy", network: "all" };
  let made = 0;

  // Azure's times differ also within a millisecond
  const timeOf = (count: number) => new Date(clock.made ? clock.made() + count : Date.UTC(2026, 0, 1) + count * 1000).toISOString();

  function make(token: Token, slot: Slot, expiry?: string): Password {
    made++;
    const password = { text: `password-${made}`, creationTime: timeOf(made), expiry };
    token.passwords.set(slot, password);
    return password;
  }

  const shown = (name: string, { scopeMapId, status, passwords }: Token): AcrToken => ({
    name,
    scopeMapId,
    status,
    passwords: [...passwords].sort().map(([slot, { creationTime: madeAt, expiry: expiresAt }]) => ({ slot, madeAt, expiresAt })),
  });

  /** Issues a token as ACR does, but without a valid signature. */
  function issueToken(): string {
    const iat = entra.now.getTime() / 1000;
    const claims = {
      iss: "Azure Container Registry",
      aud: host,
      sub: identity.objectId,
      jti: `${entra.alive.size}`,
      iat,
      exp: iat + entra.lifetime * 3600,
    };
    const token = `h.${Buffer.from(JSON.stringify({ ...claims, ...entra.claims })).toString("base64url")}.s`;
    entra.alive.add(token);
    return token;
  }

  const knows = ({ username, password }: { username: string; password: string }) =>
    (username === tokenUser && entra.alive.has(password)) ||
    users.get(username) === password ||
    directory.knows(username, password) ||
    (username === resource.name && [...admin.values()].includes(password)) ||
    [...(tokens.get(username)?.passwords.values() ?? [])].some(({ text }) => text === password);

  const pulls = (username: string, repository: string, right = "content/read") =>
    username === tokenUser ||
    users.has(username) ||
    username === resource.name ||
    directory.pulls(username, repository, facts.mode) ||
    (scopeMaps.get(tokens.get(username)?.scopeMapId.split("/").at(-1) ?? "")?.actions ?? []).some((action) => {
      const scope = action.replace(/^repositories\//, "");
      return scope.endsWith(`/${right}`) && covers(scope.slice(0, -right.length - 1), repository);
    });

  const at = (of: string) => (of === host ? "" : `${of}/`);

  function prove({ repository, reference }: ImageRef, login: Login | undefined): Proof {
    if (!login || !knows({ username: login.username, password: login.password.reveal() }))
      return { verdict: "refused", message: `${host} refuses the login` };
    if (!pulls(login.username, repository)) return { verdict: "out-of-scope", message: `${login.username} may not pull ${repository}` };
    const there = images.has(`${repository}:${reference}`);
    return there ? { verdict: "pulls", message: "it pulls" } : { verdict: "not-found", message: `${repository}:${reference} is not there` };
  }

  const fake: FakeAzure = {
    tokens,
    scopeMaps,
    images,
    users,
    admin,
    directory,
    identities,
    facts,
    times,
    clock,
    permissions,
    entra,
    knows,
    putScopeMap: ({ name, description = "", actions }) =>
      void scopeMaps.set(name, { id: `${resource.id}/scopeMaps/${name}`, name, description, actions }),
    generate: (name, slot) => {
      const token = tokens.get(name);
      if (token) make(token, slot);
    },
    removeToken: (name) => void tokens.delete(name),
    renameToken: (from, to) => {
      const [token, map] = [tokens.get(from), scopeMaps.get(from)];
      if (!token || !map) throw new Error(`no token ${from}`);
      const id = `${resource.id}/scopeMaps/${to}`;
      tokens.set(to, { ...token, scopeMapId: id });
      scopeMaps.set(to, { ...map, id, name: to });
      tokens.delete(from);
      scopeMaps.delete(from);
    },
    putToken: (name, slots, scopeMap = name) => {
      const token: Token = { scopeMapId: `${resource.id}/scopeMaps/${scopeMap}`, status: "enabled", passwords: new Map() };
      tokens.set(name, token);
      return slots.map((slot) => make(token, slot).text);
    },
    azure: (interruption) => {
      const ask = <T>(call: string, at: string, writes: boolean, answer: () => T) => {
        const signal = interruption.signal(writes);
        return asking.ask({ port: "azure", call, at, writes, dryRun: false }, () => {
          if (signal.aborted) throw new Interrupted("cancelled");
          return answer();
        });
      };
      const tokenOf = (name: string) => {
        const token = tokens.get(name);
        if (token) return token;
        throw new CliError("notFound", `the token ${name} is not there`);
      };
      return {
        ...directory.open(ask),
        ...identities.open(ask),
        principal: (id) => ask("principal", id, false, () => identities.principal(id) ?? directory.principals.find((one) => one.id === id)),
        findRegistry: (text) =>
          ask("findRegistry", text, false, () => {
            if (text === resource.name || text === host || text.endsWith(resource.id)) return resource;
            throw new CliError("notFound", `${text} not found, or this Azure identity cannot read it`);
          }),
        registryAt: (loginServer) =>
          ask("registryAt", loginServer, false, () => (loginServerIn(loginServer) === host ? resource : undefined)),
        scopeMap: (_, name) => ask("scopeMap", name, false, () => scopeMaps.get(inItsCase(scopeMaps, name))),
        putScopeMap: (_, map) =>
          ask("putScopeMap", map.name, true, () => {
            const next = { id: `${resource.id}/scopeMaps/${map.name}`, ...map };
            scopeMaps.set(map.name, next);
            return next;
          }),
        deleteScopeMap: (_, name) => ask("deleteScopeMap", name, true, () => void scopeMaps.delete(name)),
        token: (_, name) =>
          ask("token", name, false, () => {
            const own = inItsCase(tokens, name);
            const token = tokens.get(own);
            return token && shown(own, token);
          }),
        putToken: (_, { name, scopeMapId }) =>
          ask("putToken", name, true, () => {
            if (!scopeMaps.has(scopeMapId.split("/").at(-1) ?? ""))
              throw new CliError("invalid", `the scope map ${scopeMapId} is not there`);
            const token: Token = { scopeMapId, status: "enabled", passwords: new Map() };
            tokens.set(name, token);
            return shown(name, token);
          }),
        deleteToken: (_, name) => ask("deleteToken", name, true, () => void tokens.delete(name)),
        generatePassword: (_, { token: name, slot, expiresAt }) =>
          ask("generatePassword", `${name} ${slot}`, true, () => {
            const { text, creationTime: madeAt } = make(tokenOf(name), slot, expiresAt);
            return { password: new Sensitive(text), madeAt, expiresAt };
          }),
        clearPassword: (_, { token: name, slot, madeAt }) =>
          ask("clearPassword", `${name} ${slot}`, true, () => {
            const { passwords } = tokenOf(name);
            if (madeAt !== undefined && passwords.get(slot)?.creationTime !== madeAt) return !passwords.has(slot);
            passwords.delete(slot);
            return true;
          }),
        adminLogins: () =>
          ask("adminLogins", "", false, () => {
            if (admin.size === 0) throw new CliError("conflict", `the admin user of registry "${resource.name}" is disabled`);
            return new Map([...admin].map(([slot, text]) => [slot, { username: resource.name, password: new Sensitive(text) }]));
          }),
        source: "az",
        identity: () => ask("identity", "", false, () => identity),
        prefetchToken: () => undefined,
        entraToken: (_, audience) =>
          ask("entraToken", audience, false, () => {
            if (!entra.audiences.includes(audience)) throw new CliError("forbidden", "the tenant gives no token of this kind");
            return { text: new Sensitive(`entra token for ${audience}`), of: identity };
          }),
        registryFacts: () =>
          ask("registryFacts", "", false, () => ({
            mode: facts.mode,
            adminUser: admin.size > 0,
            armAudience: true,
            network: facts.network,
          })),
        permissions: () => ask("permissions", "", false, () => [...permissions]),
        listTokens: () =>
          ask("listTokens", "", false, () => ({
            tokens: [...tokens].map(([name, token]) => ({ ...shown(name, token), ...(times.get(name) ?? old) })),
            scopeMaps: [...scopeMaps.values()].map((map) => ({ ...map, ...(times.get(map.name) ?? old) })),
            ...(clock.at !== undefined && { at: clock.at }),
          })),
        tokenLimit: () => ask("tokenLimit", "", false, () => ({ Basic: 100, Standard: 500, Premium: 50_000 })[sku]),
        tokenCount: () => ask("tokenCount", "", false, () => tokens.size),
      };
    },
    registry: (interruption) => {
      const ask = <T>(call: string, at: string, answer: () => T) => {
        const signal = interruption.signal();
        return asking.ask({ port: "registry", call, at, writes: false, dryRun: false }, () => {
          if (signal.aborted) throw new Interrupted("cancelled");
          return answer();
        });
      };
      return {
        prove: (image, login) =>
          ask("prove", `${login?.username ?? "nobody"} ${at(image.host)}${image.repository}:${image.reference}`, () => prove(image, login)),
        admits: (of, login) =>
          ask("admits", `${at(of)}${login.username}`, () =>
            knows({ username: login.username, password: login.password.reveal() })
              ? { verdict: "pulls", message: "it is taken" }
              : { verdict: "refused", message: `${host} refuses the login` },
          ),
        exchange: (_, { text }) => ask("exchange", text.reveal(), () => entra.refusal ?? { token: new Sensitive(issueToken()) }),
        anyTag: (_, repository, login) =>
          ask("anyTag", `${login.username} ${repository}`, () =>
            pulls(login.username, repository, "metadata/read")
              ? [...images].find((image) => image.startsWith(`${repository}:`))?.slice(repository.length + 1)
              : undefined,
          ),
        contentOf: (_, repository, login) =>
          ask("contentOf", `${login.username} ${repository}`, () => {
            if (!pulls(login.username, repository, "metadata/read")) return "unknown";
            const tags = [...images].flatMap((image) => (image.startsWith(`${repository}:`) ? image.slice(repository.length + 1) : []));
            return tags.length > 0 ? tags : "missing";
          }),
        repositories: (_, login) =>
          ask("repositories", login.username, () =>
            [tokenUser, resource.name].includes(login.username)
              ? [...new Set([...images].map((image) => image.replace(/:[^:]*$/, "")))]
              : [],
          ),
        aheadBy: () => entra.ahead,
      };
    },
  };
  return fake;
}

/** Azure ignores the case of names in lookups. */
const inItsCase = (had: ReadonlyMap<string, unknown>, name: string): string =>
  [...had.keys()].find((key) => key.toLowerCase() === name.toLowerCase()) ?? name;

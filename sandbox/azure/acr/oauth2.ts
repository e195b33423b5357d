import { type Identity, readIdentity, resourceOf } from "../entra/identity.ts";
import { type Answer, type Ask, basic, form } from "../http.ts";
import type { State } from "../state.ts";
import type { Registry } from "../world.ts";
import { acrError, unauthorized } from "./errors.ts";
import { allows, type Holder, hasAnyRight, holderOfRefreshToken, logIn } from "./login.ts";
import { type Access, nullGuid, signAccess, signRefresh } from "./tokens.ts";

/** The second one is that of the acr-credential-provider. */
const exchanged = ["access_token", "access_token_refresh_token"];

/** POST /oauth2/exchange: exchanges an Entra access token for this registry's refresh token. */
export async function exchange(ask: Ask, state: State, registry: Registry): Promise<Answer> {
  const fields = form(ask);
  if (!fields) return acrError(400, "BAD_REQUEST", "the body must be application/x-www-form-urlencoded");
  if (!exchanged.includes(fields.get("grant_type") ?? "")) return acrError(400, "UNSUPPORTED", "grant_type must be access_token");
  if (fields.get("service") !== registry.loginServer) return acrError(400, "BAD_REQUEST", `service must be ${registry.loginServer}`);
  const identity = await readIdentity(state.entra, fields.get("access_token") ?? "");
  const tenant = fields.get("tenant") || registry.tenantId;
  if ("wrong" in identity || tenant !== registry.tenantId || !isFor(registry, identity))
    return unauthorized(state, "token validation failed");
  if (!hasAnyRight(state, registry, identity.principalId)) return unauthorized(state);
  return { status: 200, body: { refresh_token: await signRefresh(state.acr, state.world.lifetimes.refresh, registry, identity) } };
}

/** Whether an Entra access token is from the registry's tenant and for registries, or for ARM if the registry allows that. */
function isFor({ tenantId, armAudience }: Registry, identity: Identity): boolean {
  const resource = resourceOf(identity.audience);
  return identity.tenantId === tenantId && (resource === "acr" || (resource === "arm" && armAudience === "enabled"));
}

/** GET (Basic) and POST (password, refresh_token) /oauth2/token: issues an access token with the granted part of the scope. */
export async function token(ask: Ask, state: State, registry: Registry): Promise<Answer> {
  const fields = ask.method === "POST" ? form(ask) : ask.query;
  if (!fields) return acrError(400, "BAD_REQUEST", "the body must be application/x-www-form-urlencoded");
  if (fields.get("service") !== registry.loginServer) return acrError(400, "BAD_REQUEST", `service must be ${registry.loginServer}`);
  const wanted = parseScopes(fields.getAll("scope"));
  if (!wanted) return acrError(400, "BAD_REQUEST", "scope must be type:name:actions");

  const offer = offered(ask, fields);
  if (offer === "unsupported") return acrError(400, "UNSUPPORTED", "grant_type must be password or refresh_token");
  const holder = await holderOf(state, registry, offer);
  const { user, password } = offer;
  const log = { step: "token" as const, host: ask.host, user, password, repository: wanted[0]?.name ?? "", reference: "" };
  if (!holder) {
    state.calls.addData({ ...log, verdict: "refused" });
    return unauthorized(state);
  }
  state.calls.addData({ ...log, verdict: "granted" });
  const access = wanted.map(({ type, name, actions }) => ({
    type,
    name,
    actions: actions.filter((action) => mayHave(state, registry, holder, type, name, action)),
  }));
  return {
    status: 200,
    headers: { "x-ms-ratelimit-remaining-calls-per-second": "166.65" },
    body: {
      access_token: await signAccess(state.acr, state.world.lifetimes.access, registry, { user: holder.user, holder: holder.kind, access }),
    },
  };
}

type Offer = { readonly user: string; readonly password?: string; readonly refreshToken?: string };

function offered(ask: Ask, fields: URLSearchParams): Offer | "unsupported" {
  if (ask.method === "GET") {
    const login = basic(ask.headers);
    return login ? { user: login.username, password: login.password } : { user: "" };
  }
  // Azure's own libraries request anonymous access in this way.
  if (fields.get("grant_type") === "password" && !fields.get("username")) return { user: "" };
  if (fields.get("grant_type") === "password") return { user: fields.get("username") ?? "", password: fields.get("password") ?? "" };
  if (fields.get("grant_type") === "refresh_token") return { user: nullGuid, refreshToken: fields.get("refresh_token") ?? "" };
  return "unsupported";
}

async function holderOf(state: State, registry: Registry, { user, password, refreshToken }: Offer): Promise<Holder | undefined> {
  if (refreshToken !== undefined) return holderOfRefreshToken(state, registry, refreshToken);
  if (password !== undefined) return logIn(state, registry, user, password);
  return registry.anonymousPullEnabled ? { kind: "anonymous", user: "" } : undefined;
}

function mayHave(state: State, registry: Registry, holder: Holder, type: string, name: string, action: string): boolean {
  if (type === "registry") return name === "catalog" && action === "*" && allows(state, registry, holder, { action: "catalog" });
  return type === "repository" && allows(state, registry, holder, { action, repository: name });
}

/**
 * Parses `scope` parameters such as `repository:team/app:pull,push`. A parameter may hold several, separated by spaces.
 *
 * @returns undefined if one is malformed
 */
function parseScopes(scopes: readonly string[]): Access[] | undefined {
  const parts = scopes.flatMap((scope) => scope.split(" ")).filter(Boolean);
  const parsed = parts.map((part) => /^(repository|registry):([^:\s]+):([a-z_*]+(?:,[a-z_*]+)*)$/.exec(part));
  if (parsed.includes(null)) return undefined;
  return parsed.map((match) => ({ type: match?.[1] ?? "", name: match?.[2] ?? "", actions: match?.[3]?.split(",") ?? [] }));
}

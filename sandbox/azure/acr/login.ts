import { signInApplication } from "../entra/sign-in.ts";
import { Refused } from "../http.ts";
import { permitsData } from "../rbac.ts";
import type { State } from "../state.ts";
import { type Registry, registryId, type Token } from "../world.ts";
import { nullGuid, readRefresh } from "./tokens.ts";

/** The identity that logged in to a registry. `user` is the user name of the login. */
export type Holder =
  | { readonly kind: "token"; readonly user: string; readonly token: Token }
  | { readonly kind: "admin"; readonly user: string }
  | { readonly kind: "entra"; readonly user: string; readonly principalId: string }
  | { readonly kind: "anonymous"; readonly user: "" };

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Returns the identity of a login at this registry: an Entra refresh token, a service principal, the admin user or an ACR token. */
export async function logIn(state: State, registry: Registry, username: string, password: string): Promise<Holder | undefined> {
  if (username === nullGuid) return holderOfRefreshToken(state, registry, password);
  if (guid.test(username)) return servicePrincipal(state, registry, username, password);
  if (registry.adminUserEnabled && username.toLowerCase() === registry.name.toLowerCase()) {
    return Object.values(registry.adminPasswords).includes(password) ? { kind: "admin", user: username } : undefined;
  }
  const token = registry.tokens.find((one) => one.name === username);
  return token && token.status === "enabled" && opens(state, token, password) ? { kind: "token", user: username, token } : undefined;
}

/** Returns the Entra identity of a refresh token, if it still has any right at this registry. */
export async function holderOfRefreshToken(state: State, registry: Registry, refreshToken: string): Promise<Holder | undefined> {
  const refresh = await readRefresh(state.acr, registry, refreshToken);
  return refresh && hasAnyRight(state, registry, refresh.principalId)
    ? { kind: "entra", user: nullGuid, principalId: refresh.principalId }
    : undefined;
}

function servicePrincipal(state: State, registry: Registry, appId: string, secret: string): Holder | undefined {
  try {
    const { id } = signInApplication(state.world, state.faults, registry.tenantId, appId, secret);
    return hasAnyRight(state, registry, id) ? { kind: "entra", user: appId, principalId: id } : undefined;
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

function opens(state: State, token: Token, offered: string): boolean {
  return Object.values(token.passwords).some((password) => {
    if (password.expiry !== undefined && Date.parse(password.expiry) <= Date.now()) return false;
    return state.faults.replicated("tokenPasswords", password.since, token.name)
      ? password.value === offered
      : password.previous === offered;
  });
}

/** Whether an Entra identity has any right to a registry's images. */
export function hasAnyRight(state: State, registry: Registry, principalId: string): boolean {
  const entra: Holder = { kind: "entra", user: nullGuid, principalId };
  return [...Object.keys(actionNames), "catalog"].some((action) => allows(state, registry, entra, { action }));
}

/** A registry's actions, with their names in scope maps, in Azure roles, and in ABAC dataActions. */
const actionNames: Readonly<Record<string, { map: string; legacy: string }>> = {
  pull: { map: "content/read", legacy: "pull/read" },
  push: { map: "content/write", legacy: "push/write" },
  delete: { map: "content/delete", legacy: "artifacts/delete" },
  metadata_read: { map: "metadata/read", legacy: "pull/read" },
  metadata_write: { map: "metadata/write", legacy: "push/write" },
};

type Wanted = { readonly action: string; readonly repository?: string };

/** Whether a holder may do an action on a repository, or on any repository if none is given. `catalog` lists all repositories. */
export function allows(state: State, registry: Registry, holder: Holder, wanted: Wanted): boolean {
  const { action } = wanted;
  if (!actionNames[action] && action !== "catalog") return false;
  if (holder.kind === "admin") return true;
  if (holder.kind === "anonymous") return registry.anonymousPullEnabled && (action === "pull" || action === "metadata_read");
  if (holder.kind === "token") return mapAllows(registry, holder.token, wanted);
  return rolesAllow(state, registry, holder.principalId, wanted);
}

function mapAllows(registry: Registry, token: Token, { action, repository }: Wanted): boolean {
  const map = registry.scopeMaps.find(
    (one) => token.scopeMapId.toLowerCase() === `${registryId(registry)}/scopeMaps/${one.name}`.toLowerCase(),
  );
  const right = actionNames[action]?.map;
  if (right === undefined) return map?.name === "_repositories_admin";
  return map?.actions.some((granted) => covers(granted, right, repository)) ?? false;
}

function rolesAllow(state: State, registry: Registry, principalId: string, { action, repository }: Wanted): boolean {
  const names = actionNames[action];
  const data = registry.roleAssignmentMode === "AbacRepositoryPermissions";
  const dataRight = names ? `repositories/${names.map}` : "catalog/read";
  return permitsData(state.world, state.faults, principalId, {
    action: `Microsoft.ContainerRegistry/registries/${data ? dataRight : (names?.legacy ?? "pull/read")}`,
    scope: registryId(registry),
    data,
    ...(repository !== undefined && { repository }),
  });
}

/** Whether a scope map's action, such as `repositories/samples/*` + `/content/read`, covers a right on a repository. */
function covers(granted: string, right: string, repository: string | undefined): boolean {
  const [, pattern, grantedRight] = /^repositories\/(.+)\/((?:content|metadata)\/\w+)$/.exec(granted) ?? [];
  if (pattern === undefined || grantedRight !== right) return false;
  if (repository === undefined || pattern === "*" || pattern === repository) return true;
  return pattern.endsWith("/*") && repository.startsWith(pattern.slice(0, -1));
}

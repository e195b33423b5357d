/** What ARM's sentence about a missing right names. */
type Missing = { readonly action: string; readonly scope: string; readonly principal: string | undefined };

/**
 * Reads ARM's `AuthorizationFailed` and `LinkedAuthorizationFailed`. The second one names an action that is allowed first, and the
 * missing one after it.
 * @returns undefined for a sentence of another form
 */
export function readMissingRight(message: string): Missing | undefined {
  const [, action, scope] =
    /action\(s\) '([^']+)' on the linked scope\(s\) '([^']+)'/.exec(message) ??
    /perform action '([^']+)' over scope '([^']+)'/.exec(message) ??
    [];
  const principal = /object id '([\w-]+)'/.exec(message)?.[1];
  return action === undefined || scope === undefined ? undefined : { action, scope, principal };
}

const dataAccess = "Container Registry Contributor and Data Access Configuration Administrator";

/** Built-in roles that have an action (learn.microsoft.com/azure/role-based-access-control/built-in-roles). The first match counts. */
const roles: readonly (readonly [action: RegExp, role: string])[] = [
  [/^microsoft\.authorization\/roleassignments\/(?:write|delete)$/i, "Role Based Access Control Administrator"],
  [/^microsoft\.containerregistry\/registries\/(?:tokens|scopemaps)\//i, dataAccess],
  [/\/read$/i, "Reader"],
  [/^microsoft\.containerregistry\/registries\/(?:generatecredentials|listcredentials|regeneratecredential)\/action$/i, dataAccess],
];

/** A built-in role that has an action. Contributor has all but those of Microsoft.Authorization. */
export const roleWith = (action: string): string => roles.find(([pattern]) => pattern.test(action))?.[1] ?? "Contributor";

/**
 * The scope to assign a role on: the registry, even if ARM names one of its children, else the resource group or the subscription.
 * @returns undefined for a text that is no scope
 */
export function assignableScope(scope: string): string | undefined {
  const name = "[-\\w.()\\p{L}\\p{N}]+";
  const registry = `/resourceGroups/${name}(?:/providers/Microsoft\\.ContainerRegistry/registries/[a-z0-9]+)?`;
  return new RegExp(`^/subscriptions/[\\w-]+(?:${registry})?(?=/|$)`, "iu").exec(scope)?.[0];
}

/** The command with which an administrator grants the right. */
export function grantCommand({ action, scope, principal = "OBJECT_ID" }: Missing): string[] {
  const at = assignableScope(scope) ?? "REGISTRY_ID";
  return ["az", "role", "assignment", "create", "--assignee", principal, "--role", roleWith(action), "--scope", at];
}

import { CliError } from "../errors.ts";
import { type Command, shell } from "../hint.ts";
import { type Meaning, type Refusal, readError, refusalError } from "./service.ts";

/**
 * Explains an error response of ARM.
 * @param doing the attempted action, after `cannot`: `delete token demo`
 * @param needs the action for which the caller needs a role. By default, only the rejected action
 */
export function explainArm(doing: string, refusal: Refusal, needs?: string): CliError {
  const { code, message } = readError(refusal.text);
  if (code === "UnAuthorizedForCredentialOperations" && refusal.status !== 401) return adminIsOff(message);
  return refusalError("Azure", doing, refusal, meaningOf(refusal, code, message, needs));
}

/** Explains the end of a failed operation. @param status `Failed` or `Canceled` */
export function explainEnd(doing: string, status: string, refusal: Refusal): CliError {
  const problem = status === "Failed" ? "the operation failed" : "the operation was canceled";
  return refusalError("Azure", doing, refusal, { kind: "invalid", problem, words: readError(refusal.text).message });
}

function meaningOf(refusal: Refusal, code: string, message: string, needs: string | undefined): Meaning | undefined {
  if (refusal.claims !== undefined) return challenged(message, refusal);
  if (refusal.status === 429) return throttled(refusal);
  const isUsual = refusal.status === 401 && code !== "InvalidAuthenticationTokenTenant";
  return isUsual ? undefined : byCode[code]?.(message, refusal, needs);
}

/** Azure requires another sign-in, such as one with multifactor authentication, which only a person can do. */
function challenged(message: string, { claims, source = "az" }: Refusal): Meaning {
  return {
    kind: "unauthenticated",
    problem: "Azure requires a stronger sign-in",
    words: withoutIdentifiers(message),
    hint:
      source === "az"
        ? `az login${claims === undefined ? "" : ` --claims-challenge "${claims}"`}`
        : "use an identity that the policy allows",
  };
}

function throttled({ retryAfter }: Refusal): Meaning {
  // ARM may ask for no pause at all, and throttle the next request too
  const wait = retryAfter === undefined || retryAfter < 5000 ? "in a minute" : `in ${Math.ceil(retryAfter / 1000)} seconds`;
  return { kind: "unreachable", problem: "Azure Resource Manager is throttling requests (429)", hint: `retry ${wait}`, isBusy: true };
}

/** The plugin doesn't enable the admin user: everyone who can read its passwords would get all rights on the images. */
function adminIsOff(words: string): CliError {
  const name = /\/registries\/([a-zA-Z0-9]+)\b/.exec(words)?.[1] ?? "REGISTRY";
  return new CliError("conflict", `the admin user of registry "${name}" is disabled`, {
    hint: {
      ...shell("az acr update", "--name", name, "--admin-enabled", "true"),
      when: "omit --admin to create a credential that can only pull, or enable it",
    },
  });
}

/** An administrator needs the action, the scope and the identity, which ARM puts into one long sentence. */
function forbidden(message: string, _: Refusal, needs?: string): Meaning {
  if (/ABAC condition/.test(message)) return outsideCondition(message);
  const missing = readMissingRight(message);
  if (!missing) return { kind: "forbidden" };
  return {
    kind: "forbidden",
    problem: `the Azure identity lacks the permission ${missing.action} on ${missing.scope}`,
    hint: grantCommand({ ...missing, action: needs ?? missing.action }),
  };
}

/** An owner who may assign some roles only. The role of `grantCommand` would not help: such an owner can't assign it either. */
const outsideCondition = (words: string): Meaning => ({
  kind: "forbidden",
  problem: "your right to assign roles does not include this role",
  words,
  hint: "ask an Owner to assign AcrPull (with ABAC: Container Registry Repository Reader), or to allow it in the condition of your role",
});

/** The policy identifiers at the end of a message are JSON for programs. */
const withoutIdentifiers = (message: string) => message.replace(/\s*Policy identifiers:.*$/, "").replace(/\.$/, "");

/** Azure Policy can deny ACR tokens in all registries. The other kinds of credential need none. */
function deniedByPolicy(message: string, refusal: Refusal): Meaning {
  if (/MFA is required/i.test(message)) return challenged(message, refusal);
  const { text, path = "" } = refusal;
  const name = /"policyAssignment":\{"name":"([^"]+)"/.exec(message)?.[1] ?? /"policyAssignmentName":"([^"]+)"/.exec(text)?.[1];
  const isToken = /\/registries\/[^/]+\/(?:tokens|scopeMaps|generateCredentials)\b/i.test(path);
  return {
    kind: "forbidden",
    ...(name === undefined ? {} : { problem: `the policy assignment ${JSON.stringify(name)} denies it` }),
    words: withoutIdentifiers(message),
    hint: isToken ? "add --service-principal or --entra, which need no ACR token" : "ask the owner of the policy for an exemption",
  };
}

const notYetKnown = (): Meaning => ({ kind: "notFound", passes: Number.POSITIVE_INFINITY });

function otherTenant(message: string, { source = "az" }: Refusal): Meaning {
  const tenant = /must match[^/]*\/\/[^/]+\/([\w-]+)/.exec(message)?.[1] ?? "TENANT";
  const when = `sign in to that tenant, or add --tenant ${tenant}`;
  return {
    kind: "unauthenticated",
    problem: `the token is from another tenant, and the subscription belongs to tenant ${tenant}`,
    hint:
      source === "az" ? { ...shell("az login", "--tenant", tenant), when } : `use an identity of that tenant, or add --tenant ${tenant}`,
  };
}

function unregistered(message: string, { path = "" }: Refusal): Meaning {
  const name = /namespace '([\w.]+)'/.exec(message)?.[1] ?? "NAMESPACE";
  const subscription = /^\/subscriptions\/([\w-]+)/i.exec(path)?.[1] ?? "SUBSCRIPTION";
  return {
    kind: "conflict",
    problem: `the subscription is not registered to use ${name}`,
    hint: shell("az provider register", "--namespace", name, "--subscription", subscription),
  };
}

/** Codes that are more specific than their status. */
const byCode: Readonly<Record<string, (message: string, refusal: Refusal, needs?: string) => Meaning>> = {
  AuthorizationFailed: forbidden,
  LinkedAuthorizationFailed: forbidden,
  PrincipalNotFound: notYetKnown,
  // The identity of a federated credential, for some minutes after its creation
  NotFound: notYetKnown,
  ParentResourceNotFound: notYetKnown,
  InvalidAuthenticationTokenTenant: otherTenant,
  MissingSubscriptionRegistration: unregistered,
  // Another run is creating the token
  TokenNotActive: () => ({ kind: "conflict", isBusy: true }),
  // Azure allows one write at a time to the federated credentials of an identity
  ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity: () => ({ kind: "conflict", isBusy: true }),
  RequestDisallowedByPolicy: deniedByPolicy,
};

type Missing = { readonly action: string; readonly scope: string; readonly principal: string | undefined };

/**
 * Reads ARM's `AuthorizationFailed` and `LinkedAuthorizationFailed`. The second one names an action that is allowed first, and the
 * missing one after it.
 * @returns undefined for a sentence of another form
 */
function readMissingRight(message: string): Missing | undefined {
  const [, action, scope] =
    /action\(s\) '([^']+)' on the linked scope\(s\) '([^']+)'/.exec(message) ??
    /perform action '([^']+)' over scope '([^']+)'/.exec(message) ??
    [];
  const principal = /object id '([\w-]+)'/.exec(message)?.[1];
  return action === undefined || scope === undefined ? undefined : { action, scope, principal };
}

/** The role that is enough for ACR tokens. */
const dataAccess = "Container Registry Contributor and Data Access Configuration Administrator";

/** Built-in roles that have an action (learn.microsoft.com/azure/role-based-access-control/built-in-roles). The first match counts. */
const roles: readonly (readonly [action: RegExp, role: string])[] = [
  [/^microsoft\.authorization\/roleassignments\/(?:write|delete)$/i, "Role Based Access Control Administrator"],
  [/^microsoft\.containerregistry\/registries\/(?:tokens|scopemaps)\//i, dataAccess],
  [/^microsoft\.managedidentity\//i, "Managed Identity Contributor"],
  [/\/read$/i, "Reader"],
  [/^microsoft\.containerregistry\/registries\/(?:generatecredentials|listcredentials|regeneratecredential)\/action$/i, dataAccess],
];

/** Returns a built-in role that has an action. Contributor has all except those of Microsoft.Authorization. */
export const roleWith = (action: string): string => roles.find(([pattern]) => pattern.test(action))?.[1] ?? "Contributor";

/**
 * Returns the scope to assign a role on: the registry, even if ARM names one of its children, else the resource group or the
 * subscription.
 * @returns undefined for a text that is not a scope
 */
function assignableScope(scope: string): string | undefined {
  const name = "[-\\w.()\\p{L}\\p{N}]+";
  const registry = `/resourceGroups/${name}(?:/providers/Microsoft\\.ContainerRegistry/registries/[a-z0-9]+)?`;
  return new RegExp(`^/subscriptions/[\\w-]+(?:${registry})?(?=/|$)`, "iu").exec(scope)?.[0];
}

/** Returns the command that gives an identity a role with an action. Only an administrator can run it. */
export function grantCommand({ action, scope, principal = "OBJECT_ID" }: Missing): Command {
  const at = assignableScope(scope) ?? "REGISTRY_ID";
  const assign = shell("az role assignment create", "--assignee", principal, "--role", roleWith(action), "--scope", at);
  return { ...assign, when: "ask an Owner or User Access Administrator to run" };
}

import { CliError, NotYet } from "../errors.ts";
import type { TokenSource } from "./port.ts";
import { signInHint } from "./sign-in-error.ts";

/** An error response of Azure Resource Manager. */
export type Refusal = {
  readonly status: number;
  readonly text: string;
  /** Milliseconds. */
  readonly retryAfter?: number | undefined;
  /** x-ms-correlation-request-id, by which Azure's support finds the request. */
  readonly correlation?: string | undefined;
  /** The requested resource, from the first slash. */
  readonly path?: string | undefined;
  /** The claims challenge of WWW-Authenticate, in base64: the sign-in that Azure requires instead. */
  readonly claims?: string | undefined;
  /** Where the token comes from; the Azure CLI if absent. */
  readonly source?: TokenSource | undefined;
};

/** Code and message of `{"error":{"code","message"}}` (Azure REST guidelines); empty for any other body. */
export function readArmError(text: string): { code: string; message: string } {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown } };
    return { code: String(error?.code ?? ""), message: String(error?.message ?? "") };
  } catch {
    return { code: "", message: "" };
  }
}

type Meaning = { readonly kind: CliError["kind"]; readonly hint?: string };

const outage: Meaning = { kind: "unreachable", hint: "try again; https://status.azure.com tells of outages" };

/** The meaning of a status; Azure's message has the details. Any other status below 500 is an invalid request. */
const meanings: Readonly<Record<number, Meaning>> = {
  401: { kind: "unauthenticated" },
  403: { kind: "forbidden" },
  404: { kind: "notFound" },
  408: outage,
  409: { kind: "conflict" },
};

/**
 * Converts an error response of ARM to an error in words.
 * @param doing the attempted action, for the sentence after `cannot`: `make token acr-secret-demo`
 */
export function explainArm(doing: string, refusal: Refusal): CliError {
  const { status, text, claims, source = "az" } = refusal;
  const { code, message } = readArmError(text);
  const words = message === "" ? `Azure answered ${status}` : inOneLine(message);
  if (claims !== undefined) return challenged(doing, words, refusal);
  const explain = status === 429 ? throttled : byCode[status === 401 ? "" : code];
  if (explain) return explain(doing, words, refusal);
  const { kind, hint } = meanings[status] ?? (status >= 500 ? outage : { kind: "invalid" });
  return new CliError(kind, `cannot ${doing}: ${words}${trace(refusal)}`, { hint: status === 401 ? signInHint[source] : hint });
}

/** Converts the end of a failed operation to an error in words. @param status `Failed` or `Canceled` */
export function explainEnd(doing: string, status: string, refusal: Refusal): CliError {
  const { message } = readArmError(refusal.text);
  const words = message === "" ? `Azure's operation ended as ${status}` : inOneLine(message);
  return new CliError("invalid", `cannot ${doing}: ${words}${trace(refusal)}`);
}

/** The plugin does not enable the admin user: that would give all rights on the images to everyone who may read its passwords. */
function adminIsOff(_: string, words: string): CliError {
  const name = /\/registries\/([a-zA-Z0-9]+)\b/.exec(words)?.[1] ?? "REGISTRY";
  return new CliError("conflict", `the admin user of registry "${name}" is off`, {
    hint: {
      do: "hints",
      hints: [
        "leave out --admin for a credential that may only pull",
        { do: "shell", argv: ["az", "acr", "update", "--name", name, "--admin-enabled", "true"], when: "to turn it on" },
      ],
    },
  });
}

const inOneLine = (message: string) => message.replace(/\s+/g, " ").replace(/\.$/, "");

/** The id that support asks for. A proxy may put anything into a header, so only an identifier is printed. */
const trace = ({ correlation = "" }: Refusal) => (/^[\w-]{8,64}$/.test(correlation) ? ` (correlation ${correlation})` : "");

function throttled(doing: string, _: string, refusal: Refusal): CliError {
  const wait = refusal.retryAfter === undefined ? "in a minute" : `in ${Math.ceil(refusal.retryAfter / 1000)} seconds`;
  const message = `cannot ${doing}: Azure Resource Manager answers no more requests for now (429)${trace(refusal)}`;
  return new CliError("unreachable", message, { hint: `try again ${wait}` });
}

/** An administrator needs the action, the scope and the identity. ARM names them in one long sentence. */
function forbidden(doing: string, words: string, refusal: Refusal): CliError {
  const missing = readMissingRight(words);
  if (!missing) return new CliError("forbidden", `cannot ${doing}: ${words}${trace(refusal)}`);
  return new CliError(
    "forbidden",
    `cannot ${doing}: the Azure identity may not do ${missing.action} on ${missing.scope}${trace(refusal)}`,
    {
      hint: { do: "shell", argv: grantCommand(missing), when: "ask an Owner or User Access Administrator" },
    },
  );
}

/** The policy identifiers at the end of a message are JSON for programs. */
const withoutIdentifiers = (words: string) => words.replace(/\s*Policy identifiers:.*$/, "").replace(/\.$/, "");

/** Azure Policy can deny ACR tokens in all registries. The other kinds of credential need none. */
function deniedByPolicy(doing: string, words: string, refusal: Refusal): CliError {
  const { text, path = "" } = refusal;
  const name =
    /"policyAssignment":\{"name":"([^"]+)"/.exec(readArmError(text).message)?.[1] ?? /"policyAssignmentName":"([^"]+)"/.exec(text)?.[1];
  const says = name === undefined ? withoutIdentifiers(words) : `the policy assignment ${JSON.stringify(name)} denies it`;
  const isToken = /\/registries\/[^/]+\/(?:tokens|scopeMaps|generateCredentials)\b/i.test(path);
  return new CliError("forbidden", `cannot ${doing}: ${says}${trace(refusal)}`, {
    hint: isToken ? "add --service-principal or --entra, which need no ACR token" : "ask the owner of the policy for an exemption",
  });
}

/** Azure requires another sign-in, such as one with multifactor authentication, which only a person can do. */
function challenged(doing: string, words: string, refusal: Refusal): CliError {
  const { claims, source = "az" } = refusal;
  const says = `cannot ${doing}: Azure requires a stronger sign-in: ${withoutIdentifiers(words)}${trace(refusal)}`;
  const hint = source === "az" ? `az login --claims-challenge "${claims}"` : "use an identity that the policy allows";
  return new CliError("unauthenticated", says, { hint });
}

type Explain = (doing: string, words: string, refusal: Refusal) => CliError;

/** Codes that are more specific than their status. */
const byCode: Readonly<Record<string, Explain>> = {
  AuthorizationFailed: forbidden,
  LinkedAuthorizationFailed: forbidden,
  UnAuthorizedForCredentialOperations: adminIsOff,
  PrincipalNotFound: (doing, words, refusal) => new NotYet("notFound", `cannot ${doing}: ${words}${trace(refusal)}`),
  RequestDisallowedByPolicy: deniedByPolicy,
};

/** The parts of ARM's sentence about a missing right. */
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

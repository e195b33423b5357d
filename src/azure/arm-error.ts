import { CliError, NotYet } from "../errors.ts";

/** An answer of Azure Resource Manager that is not a success. */
export type Refusal = {
  readonly status: number;
  readonly text: string;
  /** Milliseconds. */
  readonly retryAfter?: number | undefined;
  /** x-ms-correlation-request-id: by it Azure's support finds the request. */
  readonly correlation?: string | undefined;
};

/** Code and message of `{"error":{"code","message"}}` (Azure REST guidelines); empty where the body is something else. */
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

/** What a status means where Azure's own words say the rest; any other below 500 is a request that Azure takes for invalid. */
const meanings: Readonly<Record<number, Meaning>> = {
  401: { kind: "unauthenticated", hint: "az login" },
  403: { kind: "forbidden" },
  404: { kind: "notFound" },
  408: outage,
  409: { kind: "conflict" },
};

/**
 * Puts a refusal of ARM in words.
 * @param doing what was tried, to stand after `cannot`: `make token acr-secret-demo`
 */
export function explainArm(doing: string, refusal: Refusal): CliError {
  const { status, text } = refusal;
  const { code, message } = readArmError(text);
  const words = message === "" ? `Azure answered ${status}` : inOneLine(message);
  if (code === "AuthorizationFailed" || code === "LinkedAuthorizationFailed") return forbidden(doing, words, trace(refusal));
  if (code === "UnAuthorizedForCredentialOperations") return adminIsOff(words);
  if (code === "PrincipalNotFound") return new NotYet("notFound", `cannot ${doing}: ${words}${trace(refusal)}`);
  if (status === 429) return throttled(doing, refusal);
  const { kind, hint } = meanings[status] ?? (status >= 500 ? outage : { kind: "invalid" });
  return new CliError(kind, `cannot ${doing}: ${words}${trace(refusal)}`, { hint });
}

/** Puts the end of an operation that did not succeed in words. @param status `Failed` or `Canceled` */
export function explainEnd(doing: string, status: string, refusal: Refusal): CliError {
  const { message } = readArmError(refusal.text);
  const words = message === "" ? `Azure's operation ended as ${status}` : inOneLine(message);
  return new CliError("invalid", `cannot ${doing}: ${words}${trace(refusal)}`);
}

/** Whoever turns it on gives everybody who may read its passwords all rights to the images: that is not for us to do. */
function adminIsOff(words: string): CliError {
  const name = /\/registries\/([a-zA-Z0-9]+)\b/.exec(words)?.[1] ?? "REGISTRY";
  return new CliError("conflict", `the admin user of registry "${name}" is off`, {
    hint: `leave out --admin for a credential that may only pull; to turn it on: az acr update --name ${name} --admin-enabled true`,
  });
}

const inOneLine = (message: string) => message.replace(/\s+/g, " ").replace(/\.$/, "");

/** What support asks for. A proxy may put anything into a header, so only an identifier is shown. */
const trace = ({ correlation = "" }: Refusal) => (/^[\w-]{8,64}$/.test(correlation) ? ` (correlation ${correlation})` : "");

function throttled(doing: string, refusal: Refusal): CliError {
  const wait = refusal.retryAfter === undefined ? "in a minute" : `in ${Math.ceil(refusal.retryAfter / 1000)} seconds`;
  const message = `cannot ${doing}: Azure Resource Manager answers no more requests for now (429)${trace(refusal)}`;
  return new CliError("unreachable", message, { hint: `try again ${wait}` });
}

/** ARM names the action, the scope and the identity in one long sentence; they are all that an administrator needs. */
function forbidden(doing: string, words: string, traced: string): CliError {
  const action = /perform action '([^']+)'/.exec(words)?.[1];
  const scope = /over scope '([^']+)'/.exec(words)?.[1];
  const principal = /object id '([^']+)'/.exec(words)?.[1];
  if (action === undefined || scope === undefined) return new CliError("forbidden", `cannot ${doing}: ${words}${traced}`);
  return new CliError("forbidden", `cannot ${doing}: the Azure identity may not do ${action} on ${scope}${traced}`, {
    hint: `ask an Owner or User Access Administrator: az role assignment create --assignee ${principal ?? "OBJECT_ID"} --role Contributor --scope ${scope}`,
  });
}

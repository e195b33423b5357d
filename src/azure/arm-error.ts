import { CliError } from "../errors.ts";

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

/**
 * Puts a refusal of ARM in words.
 * @param doing what was tried, to stand after `cannot`: `make token acr-secret-demo`
 */
export function explainArm(doing: string, refusal: Refusal): CliError {
  const { status, text, retryAfter } = refusal;
  const { code, message } = readArmError(text);
  const words = message === "" ? `Azure answered ${status}` : inOneLine(message);
  const failed = (kind: CliError["kind"], why: string, hint?: string) =>
    new CliError(kind, `cannot ${doing}: ${why}${trace(refusal)}`, { hint });

  if (code === "AuthorizationFailed" || code === "LinkedAuthorizationFailed") return forbidden(doing, words, trace(refusal));
  if (status === 401) return failed("unauthenticated", words, "az login");
  if (status === 403) return failed("forbidden", words);
  if (status === 404) return failed("notFound", words);
  if (status === 409) return failed("conflict", words);
  if (status === 429) {
    const wait = retryAfter === undefined ? "in a minute" : `in ${Math.ceil(retryAfter / 1000)} seconds`;
    return failed("unreachable", "Azure Resource Manager answers no more requests for now (429)", `try again ${wait}`);
  }
  if (status >= 500 || status === 408) return failed("unreachable", words, "try again; https://status.azure.com tells of outages");
  return failed("invalid", words);
}

/** Puts the end of an operation that did not succeed in words. @param status `Failed` or `Canceled` */
export function explainEnd(doing: string, status: string, refusal: Refusal): CliError {
  const { message } = readArmError(refusal.text);
  const words = message === "" ? `Azure's operation ended as ${status}` : inOneLine(message);
  return new CliError("invalid", `cannot ${doing}: ${words}${trace(refusal)}`);
}

const inOneLine = (message: string) => message.replace(/\s+/g, " ").replace(/\.$/, "");

/** What support asks for. A proxy may put anything into a header, so only an identifier is shown. */
const trace = ({ correlation = "" }: Refusal) => (/^[\w-]{8,64}$/.test(correlation) ? ` (correlation ${correlation})` : "");

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

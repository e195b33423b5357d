import type { HttpResponse } from "../http/message.ts";
import { NetworkError } from "../http/network-error.ts";
import { formatImage } from "./image-reference.ts";
import type { ImageRef, Proof } from "./port.ts";

/** The request that a registry answered: for a token with a login, or for the manifest with that token. */
export type Step = "token" | "manifest";

type Answer = {
  readonly status: number;
  readonly text: string;
  readonly challenge?: string | undefined;
  /** The header x-ms-correlation-request-id, by which Azure's support finds the request. */
  readonly correlation?: string | undefined;
};

/** The parts of an answer that a proof reads. */
export const answerOf = ({ status, text, header }: HttpResponse): Answer => ({
  status,
  text,
  challenge: header("WWW-Authenticate"),
  correlation: header("x-ms-correlation-request-id"),
});

/**
 * Interprets a response for a pull. ACR issues a token even for a repository outside of the scope map. Only the manifest then returns
 * `insufficient_scope`.
 * @param username of the tested login; undefined for anonymous
 */
export function readAnswer(step: Step, image: ImageRef, username: string | undefined, answer: Answer): Proof {
  const { host, repository } = image;
  const { status } = answer;
  const said = readRegistryError(answer.text);
  const words = wordsOf(answer, said?.message);
  const who = nameOf(username, "an anonymous pull");

  if (status === 200) return { verdict: "pulls", message: `${nameOf(username, "anybody")} can pull ${formatImage(image)}` };
  if (status === 429) return { verdict: "throttled", message: `${host} answers no more requests for now (429 Too Many Requests)${words}` };
  if (isFirewall(answer, said?.message))
    return { verdict: "blocked", message: `${host} does not let this machine in (403 Forbidden)${words}` };
  if (isOutOfScope(step, answer, said))
    return {
      verdict: "out-of-scope",
      message: `${who} may not pull from ${repository === "" ? "" : `repository ${repository} of `}${host}`,
    };
  if (status === 403) return { verdict: "denied", message: `${host} denied ${who} (403 Forbidden)${words}` };
  if (status === 401) return { verdict: "refused", message: `${host} refused ${who} (401 Unauthorized)${words}` };
  if (status === 404 && step === "manifest") {
    return { verdict: "not-found", message: missing(image, said?.code) };
  }
  return { verdict: "unreachable", message: `${host} answered ${status} when asked for a ${step}${words}` };
}

const nameOf = (username: string | undefined, anonymous: string) =>
  username === undefined ? anonymous : `user ${JSON.stringify(username)}`;

/** ACR's message for an address that its firewall rejects. The code is not enough: a missing right has `DENIED` too. */
const isFirewall = ({ status }: Answer, message = "") =>
  status === 403 && /client with IP .* is not allowed access|aka\.ms\/acr\/firewall/i.test(message);

/** A valid login without the right to pull this repository: 401 with a challenge, or 403 in the words of the distribution. */
function isOutOfScope(step: Step, { status, challenge = "" }: Answer, said: RegistryError | undefined): boolean {
  if (status === 401) return step === "manifest" && (/insufficient_scope/.test(challenge) || said?.code === "DENIED");
  return (
    status === 403 && (/insufficient_scope/.test(challenge) || /requested access to the resource is denied/i.test(said?.message ?? ""))
  );
}

/** The registry's own message, with the id that support asks for. */
function wordsOf({ correlation = "" }: Answer, message = ""): string {
  const isTraced = /CorrelationId/i.test(message) || !/^[\w-]{8,64}$/.test(correlation);
  return `${message && `: ${message.slice(0, 300)}`}${isTraced ? "" : ` (correlation ${correlation})`}`;
}

function missing({ host, repository, reference }: ImageRef, code: string | undefined): string {
  if (code === "NAME_UNKNOWN") return `repository "${repository}" not found in ${host}`;
  return `${host} has no ${reference.includes(":") ? "manifest" : "tag"} ${reference} in ${repository}`;
}

/** Interprets a request without a response. @throws any other error */
export function readFailure(error: unknown): Proof {
  if (!(error instanceof NetworkError)) throw error;
  return { verdict: error.failure === "untrusted" ? "untrusted" : "unreachable", message: error.message };
}

/**
 * The verdict for a challenge that was not followed. A login is sent to no host other than its registry's, so for another host nothing was
 * checked.
 */
export const unusable = { elsewhere: "not-checked", "needs-login": "refused", odd: "unreachable" } as const;

/** One error of a registry: `{"errors":[{"code","message","detail"}]}` (OCI distribution spec). */
export type RegistryError = { readonly code: string; readonly message: string };

/** The first error in a registry's response; undefined for any other body. */
export function readRegistryError(body: string): RegistryError | undefined {
  const parsed = parseJson(body);
  const errors = typeof parsed === "object" && parsed !== null && "errors" in parsed ? parsed.errors : undefined;
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  if (typeof first !== "object" || first === null) return undefined;
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  const { code, message } = first as Record<string, unknown>;
  return { code: text(code), message: text(message) };
}

/** The token in the response of a token endpoint; ACR uses `access_token`, others `token`. */
export function readToken(body: string): string | undefined {
  const parsed = parseJson(body);
  if (typeof parsed !== "object" || parsed === null) return undefined;
  const { access_token: first, token: second } = parsed as Record<string, unknown>;
  return [first, second].find((it): it is string => typeof it === "string" && it !== "");
}

/** The registry's own token in the response of ACR's /oauth2/exchange. */
export function readRefreshToken(body: string): string | undefined {
  const parsed = parseJson(body);
  const token = typeof parsed === "object" && parsed !== null && "refresh_token" in parsed ? parsed.refresh_token : undefined;
  return typeof token === "string" && token !== "" ? token : undefined;
}

/** The first tag of a tag list, in the format of ACR (`{tags:[{name}]}`) or of the distribution spec (`{tags:["1"]}`). */
export function readFirstTag(body: string): string | undefined {
  const parsed = parseJson(body);
  const tags = typeof parsed === "object" && parsed !== null && "tags" in parsed ? parsed.tags : undefined;
  const first: unknown = Array.isArray(tags) ? tags[0] : undefined;
  const name = typeof first === "object" && first !== null && "name" in first ? first.name : first;
  return typeof name === "string" ? name : undefined;
}

/** The names of a catalog: `{"repositories":["app/web"]}` (OCI distribution). */
export function readRepositories(body: string): readonly string[] {
  const parsed = parseJson(body);
  const names = typeof parsed === "object" && parsed !== null && "repositories" in parsed ? parsed.repositories : undefined;
  return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

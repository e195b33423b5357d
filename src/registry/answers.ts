import { withLines } from "../errors.ts";
import type { HttpResponse } from "../http/message.ts";
import { NetworkError } from "../http/network-error.ts";
import { redact } from "../http/transport.ts";
import { objectOf, objectsOf, parseObject, textOf } from "../json.ts";
import { formatImage } from "./image-reference.ts";
import type { ImageRef, Proof } from "./port.ts";

/**
 * Interprets a response for a pull. ACR issues a token even for a repository outside of the scope map. Only the manifest then returns
 * `insufficient_scope`.
 * @param step the request that the registry answered: for a token with a login, or for the manifest with that token
 * @param username of the tested login; undefined for anonymous
 */
export function readAnswer(step: "token" | "manifest", image: ImageRef, username: string | undefined, answer: HttpResponse): Proof {
  const { host, repository } = image;
  const { status } = answer;
  const registryError = readRegistryError(answer.text);
  const user = nameOf(username);
  const withWords = (message: string) => withLines(message, ...wordsOf(answer, registryError?.message));

  if (status === 200) return { verdict: "pulls", message: `${user} can pull ${formatImage(image)}` };
  if (status === 429) return { verdict: "throttled", message: withWords(`${host} is throttling requests (429 Too Many Requests)`) };
  if (isFirewall(answer, registryError?.message))
    return { verdict: "blocked", message: withWords(`the firewall of ${host} blocks this machine (403 Forbidden)`) };
  if (isOfCacheRule(answer, registryError?.message))
    return { verdict: "cache-rule", message: withWords(`${host} cannot pull ${repository} from the source of its artifact cache rule`) };
  if (isOutOfScope(step, answer, registryError))
    return { verdict: "out-of-scope", message: withWords(`${user} cannot pull from ${placeOf(image)}`) };
  if (status === 403) return { verdict: "denied", message: withWords(`${host} denied ${user} (403 Forbidden)`) };
  if (status === 401) return { verdict: "refused", message: withWords(`${host} rejected ${user} (401 Unauthorized)`) };
  if (status === 404 && step === "manifest") return notFound(image, registryError?.code === "NAME_UNKNOWN");
  return { verdict: "unreachable", message: withWords(`${host} returned HTTP ${status} for the ${step} request`) };
}

const nameOf = (username: string | undefined) => (username === undefined ? "an anonymous user" : `user ${JSON.stringify(username)}`);

const placeOf = ({ host, repository }: ImageRef) => (repository === "" ? host : `repository ${repository} of ${host}`);

/** ACR's message for an address that its firewall rejects. The code is not enough: a missing permission has `DENIED` too. */
const isFirewall = ({ status }: HttpResponse, message = "") =>
  status === 403 && /client with IP .* is not allowed access|aka\.ms\/acr\/firewall/i.test(message);

/** ACR's message if the source of an artifact cache rule rejects the registry's own login. The code is that of a wrong password. */
const isOfCacheRule = ({ status }: HttpResponse, message = "") =>
  (status === 401 || status === 403) && /source registry for cache rule/i.test(message);

/** A valid login without the right to pull this repository: 401 with a challenge, or 403 in the words of the distribution. */
function isOutOfScope(step: string, { status, header }: HttpResponse, registryError: ReturnType<typeof readRegistryError>): boolean {
  const challenge = header("WWW-Authenticate") ?? "";
  const isNarrow = /insufficient_scope/.test(challenge);
  // A registry with ABAC names the missing action, and not always the error
  const isAction = registryError?.action !== undefined && !/invalid_token/.test(challenge);
  if (status === 401) return step === "manifest" && (isNarrow || isAction || registryError?.code === "DENIED");
  return status === 403 && (isNarrow || /requested access to the resource is denied/i.test(registryError?.message ?? ""));
}

/** The registry's own words on one line, and the id by which Azure's support finds the request. */
function wordsOf({ header }: HttpResponse, message = ""): string[] {
  const id = header("x-ms-correlation-request-id") ?? "";
  const isTraced = /CorrelationId/i.test(message) || !/^[\w-]{8,64}$/.test(id);
  // A proxy may repeat the request's headers
  return [redact(message.replace(/\s+/g, " ")).slice(0, 300), isTraced ? "" : `correlation ID: ${id}`];
}

function notFound({ host, repository, reference }: ImageRef, noRepository: boolean): Proof {
  if (noRepository) return { verdict: "not-found", message: `repository "${repository}" not found in ${host}`, noRepository };
  const message = `${reference.includes(":") ? "manifest" : "tag"} ${reference} not found in repository ${repository} of ${host}`;
  return { verdict: "not-found", message };
}

/** Interprets a request without a response. @throws any other error */
export function readFailure(error: unknown): Proof {
  if (!(error instanceof NetworkError)) throw error;
  return { verdict: error.failure === "untrusted" ? "untrusted" : "unreachable", message: error.message };
}

/** The maximum length of a text in a registry's error. Searches in a longer one could take minutes. */
const maxText = 2000;

/** The first error in a response, `{"errors":[{"code","message","detail"}]}` (OCI distribution spec); undefined for any other body. */
export function readRegistryError(body: string) {
  const [first] = objectsOf(readMember(body, "errors"));
  const text = (value: unknown) => (textOf(value) ?? "").slice(0, maxText);
  const [detail] = objectsOf(first?.["detail"]);
  return first && { code: text(first["code"]), message: text(first["message"]), action: textOf(detail?.["Action"]) };
}

/** The first tag of a tag list, in the format of ACR (`{tags:[{name}]}`) or of the distribution spec (`{tags:["1"]}`). */
export function readTags(body: string): string[] {
  const tags = readMember(body, "tags");
  return (Array.isArray(tags) ? tags : []).flatMap((tag: unknown) => textOf(tag) ?? textOf(objectOf(tag)["name"]) ?? []);
}

/** A member of a response's body; undefined if the body is not a JSON object. */
export const readMember = (body: string, name: string): unknown => parseObject(body)?.[name];

/** The code and the message of a storage service's error in XML (Azure Storage, S3), on one line; empty for any other body. */
export function readStorageError(body: string): string {
  const text = (name: string) => new RegExp(`<${name}>([^<]{1,300})</${name}>`).exec(body)?.[1]?.replace(/\s+/g, " ").trim();
  return [text("Code"), text("Message")].filter((found) => found).join(": ");
}

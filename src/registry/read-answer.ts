import type { ImageRef, Proof } from "../context.ts";
import type { NetworkError } from "../http/network-error.ts";
import { readRegistryError } from "./answers.ts";
import { formatImage } from "./image-reference.ts";

/** What was asked when a registry answered: for a token with a login, or for the manifest with that token. */
export type Step = "token" | "manifest";

type Answer = { readonly status: number; readonly text: string; readonly challenge?: string | undefined };

/**
 * What an answer means for a pull.
 * ACR hands out a token for a repository outside of the scope map too: only the manifest then says `insufficient_scope`.
 * @param username of the login that was tried; undefined for anonymous
 */
export function readAnswer(step: Step, image: ImageRef, username: string | undefined, { status, text, challenge = "" }: Answer): Proof {
  const { host, repository, reference } = image;
  const said = readRegistryError(text);
  const words = said?.message ? `: ${said.message.slice(0, 300)}` : "";
  const who = username === undefined ? "an anonymous pull" : `user ${JSON.stringify(username)}`;

  if (status === 200) return { verdict: "pulls", message: `${username === undefined ? "anybody" : who} can pull ${formatImage(image)}` };
  if (status === 429) return { verdict: "throttled", message: `${host} answers no more requests for now (429 Too Many Requests)` };
  if (status === 403) return { verdict: "blocked", message: `${host} does not let this machine in (403 Forbidden)${words}` };
  if (status === 401 && step === "token") return { verdict: "refused", message: `${host} refused ${who} (401 Unauthorized)${words}` };
  if (status === 401 && (/insufficient_scope/.test(challenge) || said?.code === "DENIED")) {
    return { verdict: "out-of-scope", message: `${who} may not pull from repository ${repository} of ${host}` };
  }
  if (status === 401) return { verdict: "refused", message: `${host} refused ${who} (401 Unauthorized)${words}` };
  if (status === 404 && step === "manifest") {
    const what = reference.includes(":") ? `manifest ${reference}` : `tag ${reference}`;
    const missing = said?.code === "NAME_UNKNOWN" ? `repository ${repository}` : `${what} in ${repository}`;
    return { verdict: "not-found", message: `${host} has no ${missing}` };
  }
  return { verdict: "unreachable", message: `${host} answered ${status} when asked for a ${step}${words}` };
}

/** What a request without an answer means. */
export function readFailure({ failure, message }: NetworkError): Proof {
  return { verdict: failure === "untrusted" ? "untrusted" : "unreachable", message };
}

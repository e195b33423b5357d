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
export function readAnswer(step: Step, image: ImageRef, username: string | undefined, answer: Answer): Proof {
  const { host, repository } = image;
  const { status } = answer;
  const said = readRegistryError(answer.text);
  const words = said?.message ? `: ${said.message.slice(0, 300)}` : "";
  const who = nameOf(username, "an anonymous pull");

  if (status === 200) return { verdict: "pulls", message: `${nameOf(username, "anybody")} can pull ${formatImage(image)}` };
  if (status === 429) return { verdict: "throttled", message: `${host} answers no more requests for now (429 Too Many Requests)` };
  if (status === 403) return { verdict: "blocked", message: `${host} does not let this machine in (403 Forbidden)${words}` };
  if (status === 401 && step === "manifest" && isOutOfScope(answer, said?.code)) {
    return { verdict: "out-of-scope", message: `${who} may not pull from repository ${repository} of ${host}` };
  }
  if (status === 401) return { verdict: "refused", message: `${host} refused ${who} (401 Unauthorized)${words}` };
  if (status === 404 && step === "manifest") {
    return { verdict: "not-found", message: `${host} has no ${missing(image, said?.code)}` };
  }
  return { verdict: "unreachable", message: `${host} answered ${status} when asked for a ${step}${words}` };
}

const nameOf = (username: string | undefined, anonymous: string) =>
  username === undefined ? anonymous : `user ${JSON.stringify(username)}`;

const isOutOfScope = ({ challenge = "" }: Answer, code: string | undefined) => /insufficient_scope/.test(challenge) || code === "DENIED";

function missing({ repository, reference }: ImageRef, code: string | undefined): string {
  if (code === "NAME_UNKNOWN") return `repository ${repository}`;
  return `${reference.includes(":") ? "manifest" : "tag"} ${reference} in ${repository}`;
}

/** What a request without an answer means. */
export function readFailure({ failure, message }: NetworkError): Proof {
  return { verdict: failure === "untrusted" ? "untrusted" : "unreachable", message };
}

/** What a challenge comes to that was not answered. A login goes to no other host than its registry's, so there nothing was asked. */
export const unusable = { elsewhere: "not-checked", "needs-login": "refused", odd: "unreachable" } as const;

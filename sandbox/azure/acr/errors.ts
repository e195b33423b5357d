import { randomUUID } from "node:crypto";
import type { Answer } from "../http.ts";
import type { State } from "../state.ts";
import type { Registry } from "../world.ts";

const message = "authentication required, visit https://aka.ms/acr/authorization for more information.";

const headers = { "docker-distribution-api-version": "registry/2.0", "x-content-type-options": "nosniff" };

/** Returns an error in the format of a registry (OCI distribution specification). */
export function acrError(status: number, code: string, text: string, detail: unknown = null): Answer {
  const type = { "content-type": "application/json; charset=utf-8" };
  return {
    status,
    headers: { ...type, ...headers },
    body: Buffer.from(`${JSON.stringify({ errors: [{ code, message: text, detail }] })}\n`),
  };
}

/** Returns a refusal by the front end of the registry. It has no detail, but the identifiers by which support finds the request. */
function refusal(status: number, code: string, text: string): Answer {
  return { status, headers, body: { errors: [{ code, message: `${text} CorrelationId: ${randomUUID()}` }] } };
}

/** 401 of the token endpoints, which Azure also returns without a body. */
export function unauthorized({ faults }: Pick<State, "faults">, text = message): Answer {
  return faults.emptyUnauthorized() ? { status: 401, headers } : refusal(401, "UNAUTHORIZED", text);
}

/** 404 of a manifest request for an unknown tag. */
export function noSuchTag(tag: string): Answer {
  return acrError(404, "MANIFEST_UNKNOWN", `manifest tagged by "${tag}" is not found`, { Tag: tag });
}

/** 404 of a tag listing, which has no detail. */
export function noSuchRepository(repository: string): Answer {
  return { status: 404, headers, body: { errors: [{ code: "NAME_UNKNOWN", message: `repository "${repository}" is not found` }] } };
}

/** One right that a request needs. */
export type Need = { readonly type: string; readonly name: string; readonly action: string };

/**
 * 401 of the data plane: names the token endpoint and the scope to request.
 *
 * @param host the login server or a regional host, which has the token endpoint. The `service` is always the login server.
 */
export function challenge(
  host: string,
  { loginServer }: Registry,
  needs: readonly Need[],
  error: "" | "invalid_token" | "insufficient_scope",
): Answer {
  const scope = [...new Set(needs.map(({ type, name }) => `${type}:${name}`))]
    .map((resource) => `${resource}:${needs.filter(({ type, name }) => `${type}:${name}` === resource).map(({ action }) => action)}`)
    .join(" ");
  const parts = [
    `realm="https://${host}/oauth2/token"`,
    `service="${loginServer}"`,
    ...(scope ? [`scope="${scope}"`] : []),
    ...(error ? [`error="${error}"`] : []),
  ];
  const detail = needs.length > 0 ? needs.map(({ type, name, action }) => ({ Type: type, Name: name, Action: action })) : null;
  const refused = acrError(401, "UNAUTHORIZED", message, detail);
  return { ...refused, headers: { ...refused.headers, "www-authenticate": `Bearer ${parts.join(",")}` } };
}

/** 403 of a registry whose network rules block this client. */
export const blocked = (): Answer =>
  refusal(403, "DENIED", "client with IP '127.0.0.1' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.");

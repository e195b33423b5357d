import type { Answer } from "../http.ts";

const message = "authentication required, visit https://aka.ms/acr/authorization for more information.";

/** An error as a registry words it (OCI distribution specification). */
export function acrError(status: number, code: string, text: string, detail: unknown = null): Answer {
  return { status, headers: { "docker-distribution-api-version": "registry/2.0" }, body: { errors: [{ code, message: text, detail }] } };
}

/** 401 of the token endpoints. */
export function unauthorized(text = message): Answer {
  return acrError(401, "UNAUTHORIZED", text);
}

/** One thing that a request needs to be allowed. */
export type Need = { readonly type: string; readonly name: string; readonly action: string };

/** 401 of the data plane: it says where to get a token, and with which scope. */
export function challenge(loginServer: string, needs: readonly Need[], error: "" | "invalid_token" | "insufficient_scope"): Answer {
  const scope = [...new Set(needs.map(({ type, name }) => `${type}:${name}`))]
    .map((resource) => `${resource}:${needs.filter(({ type, name }) => `${type}:${name}` === resource).map(({ action }) => action)}`)
    .join(" ");
  const parts = [
    `realm="https://${loginServer}/oauth2/token"`,
    `service="${loginServer}"`,
    ...(scope ? [`scope="${scope}"`] : []),
    ...(error ? [`error="${error}"`] : []),
  ];
  const detail = needs.length > 0 ? needs.map(({ type, name, action }) => ({ Type: type, Name: name, Action: action })) : null;
  const refusal = acrError(401, "UNAUTHORIZED", message, detail);
  return { ...refusal, headers: { ...refusal.headers, "www-authenticate": `Bearer ${parts.join(",")}` } };
}

/** 403 of a registry whose network rules do not let this client in. */
export const blocked: Answer = acrError(
  403,
  "DENIED",
  "client with IP '127.0.0.1' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.",
);

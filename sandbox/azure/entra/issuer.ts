import type { Answer, Ask } from "../http.ts";
import type { State } from "../state.ts";

/** Serves the two documents that an issuer of ServiceAccount tokens publishes (OpenID Connect Discovery 1.0, section 4). */
export async function issuer({ method, host, path }: Ask, { world }: State): Promise<Answer> {
  for (const [url, keys] of world.issuers) {
    const { hostname, pathname } = new URL(url);
    const rest = hostname === host && path.startsWith(pathname.replace(/\/$/, "")) ? path.slice(pathname.replace(/\/$/, "").length) : "";
    if (method === "GET" && rest === "/openid/v1/jwks") return { status: 200, body: keys };
    if (method === "GET" && rest === "/.well-known/openid-configuration") return { status: 200, body: discovery(url) };
  }
  return { status: 404 };
}

const discovery = (issuer: string) => ({
  issuer,
  jwks_uri: `${issuer.replace(/\/$/, "")}/openid/v1/jwks`,
  response_types_supported: ["id_token"],
  subject_types_supported: ["public"],
  id_token_signing_alg_values_supported: ["RS256"],
});

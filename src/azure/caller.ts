import { CliError } from "../errors.ts";
import type { Http, HttpRequest, HttpResponse } from "../http/message.ts";
import { NetworkError } from "../http/network-error.ts";
import type { Sensitive } from "../secret/sensitive.ts";
import type { For, Identity } from "./identity.ts";
import type { AzureIdentity } from "./port.ts";

/** Sends a request with the identity's token, and a body as JSON. @throws CliError if there is no response */
export type Caller = (method: HttpRequest["method"], url: string, body?: unknown) => Promise<HttpResponse>;

/** One of Azure's services: its name for errors, and its origin. */
export type Service = {
  readonly name: string;
  readonly origin: string;
  readonly audience: For;
  readonly identity: Pick<Identity, "token">;
  readonly http: Http;
};

/** Opens one of Azure's services. Its token is sent to its own host only. */
export function openCaller({ name, origin: own, audience, identity, http }: Service): Caller {
  return async (method, url, body) => {
    const { origin, href } = new URL(url);
    // Azure's responses contain the URLs of operations and of further pages: no other host gets the token.
    if (origin !== own) throw new CliError("internal", `${name} points to ${origin}, which is not followed`);
    const token = await identity.token(audience);
    const headers = { Authorization: `Bearer ${token.reveal()}`, "Content-Type": "application/json" };
    return http({ method, url: href, headers, body: JSON.stringify(body) }).catch(unreached);
  };
}

function unreached(error: unknown): never {
  if (!(error instanceof NetworkError)) throw error;
  const kind = error.failure === "timeout" ? "timeout" : "unreachable";
  throw new CliError(kind, `cannot reach Azure: ${error.message}`, { hint: "check the network and HTTPS_PROXY" });
}

/**
 * Returns the identity in an access token of Entra ID (learn.microsoft.com/entra/identity-platform/access-token-claims-reference), for
 * display only: only the recipient of the token can check its signature. Missing claims are empty.
 */
export function identityIn(token: Sensitive): AzureIdentity {
  const claims = claimsOf(token.reveal());
  const text = (name: string) => (typeof claims[name] === "string" ? claims[name] : "");
  const user = text("upn") || text("unique_name") || text("preferred_username");
  const isApp = text("idtyp") === "app" || user === "";
  const type = isApp ? (text("xms_mirid") === "" ? "servicePrincipal" : "managedIdentity") : "user";
  return { type, name: isApp ? text("appid") || text("azp") : user, objectId: text("oid"), tenant: text("tid") };
}

/** The claims of a JWT (RFC 7519); empty if the text is not a JWT. */
function claimsOf(token: string): Readonly<Record<string, unknown>> {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    return typeof payload === "object" && payload !== null ? (payload as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

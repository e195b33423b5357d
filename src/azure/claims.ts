import type { Sensitive } from "../secret/sensitive.ts";
import type { AzureIdentity } from "./port.ts";

/**
 * Whom an access token of Entra's is for (learn.microsoft.com/entra/identity-platform/access-token-claims-reference), to be shown and
 * for nothing else: its signature is for whoever takes it to check. What it does not tell is empty.
 */
export function identityIn(token: Sensitive): AzureIdentity {
  const claims = claimsOf(token.reveal());
  const text = (name: string) => (typeof claims[name] === "string" ? claims[name] : "");
  const user = text("upn") || text("unique_name") || text("preferred_username");
  const isApp = text("idtyp") === "app" || user === "";
  const type = isApp ? (text("xms_mirid") === "" ? "servicePrincipal" : "managedIdentity") : "user";
  return { type, name: isApp ? text("appid") || text("azp") : user, objectId: text("oid"), tenant: text("tid") };
}

/** The claims of a JWT (RFC 7519); none where it is none. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    return typeof payload === "object" && payload !== null ? (payload as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

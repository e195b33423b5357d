import type { JWTPayload } from "jose";
import type { Signer } from "../jwt.ts";
import type { World } from "../world.ts";

/** The resources for which Entra issues access tokens. */
export type Resource = "arm" | "graph" | "acr";

const resources: Readonly<Record<string, Resource>> = {
  "https://management.azure.com": "arm",
  "https://management.core.windows.net": "arm",
  "https://graph.microsoft.com": "graph",
  "00000003-0000-0000-c000-000000000000": "graph",
  "https://containerregistry.azure.net": "acr",
};

/** Returns the resource of an audience, with or without a trailing slash. */
export function resourceOf(audience: string): Resource | undefined {
  return resources[audience.replace(/\/+$/, "").toLowerCase()];
}

/** Like resourceOf, for a given tenant: some tenants issue no tokens for registries. */
export function resourceIn({ acrAudience }: World, audience: string): Resource | undefined {
  const resource = resourceOf(audience);
  return resource === "acr" && !acrAudience ? undefined : resource;
}

/**
 * The caller of a request, from its Entra access token. `clientId` is the application's id, `principalId` is the id that roles are assigned
 * to.
 */
export type Identity = { readonly principalId: string; readonly clientId: string; readonly tenantId: string; readonly audience: string };

/** Reads an Entra access token. Does not check its audience. */
export async function readIdentity(
  entra: Signer,
  token: string,
): Promise<Identity | { readonly wrong: "forged" | "expired"; readonly until?: Date }> {
  const claims = await entra.verify(token);
  if (typeof claims === "string") return { wrong: claims };
  const { oid, appid, tid, aud } = claims as JWTPayload & Record<string, unknown>;
  if (typeof oid !== "string" || typeof appid !== "string" || typeof tid !== "string" || typeof aud !== "string")
    return { wrong: "forged" };
  return { principalId: oid, clientId: appid, tenantId: tid, audience: aud };
}

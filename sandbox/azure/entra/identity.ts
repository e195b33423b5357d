import type { JWTPayload } from "jose";
import type { Signer } from "../jwt.ts";
import type { World } from "../world.ts";

/** The resources that Entra gives access tokens for. */
export type Resource = "arm" | "graph" | "acr";

const resources: Readonly<Record<string, Resource>> = {
  "https://management.azure.com": "arm",
  "https://management.core.windows.net": "arm",
  "https://graph.microsoft.com": "graph",
  "00000003-0000-0000-c000-000000000000": "graph",
  "https://containerregistry.azure.net": "acr",
};

/** The resource that an audience names, with or without a slash behind it. */
export function resourceOf(audience: string): Resource | undefined {
  return resources[audience.replace(/\/+$/, "").toLowerCase()];
}

/** The same, of a tenant: not each gives tokens for registries. */
export function resourceIn({ acrAudience }: World, audience: string): Resource | undefined {
  const resource = resourceOf(audience);
  return resource === "acr" && !acrAudience ? undefined : resource;
}

/** Who made a request, as an Entra access token says it. `clientId` is the application's id, `principalId` whom roles are given to. */
export type Identity = { readonly principalId: string; readonly clientId: string; readonly tenantId: string; readonly audience: string };

/** Reads an Entra access token, without asking yet whom it is for. */
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

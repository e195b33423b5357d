import { randomUUID } from "node:crypto";
import type { JWTPayload } from "jose";
import type { Signer } from "../jwt.ts";
import type { Registry } from "../world.ts";

/** The `iss` claim of all tokens that registries issue. */
export const issuer = "Azure Container Registry";

/** The user name to use when the password is a refresh token. */
export const nullGuid = "00000000-0000-0000-0000-000000000000";

/** One entry of a token's `access` claim (distribution's token specification). */
export type Access = { readonly type: string; readonly name: string; readonly actions: readonly string[] };

/** The claims of a registry's access token. `holder` is an addition of the emulator: the kind of identity that the rights come from. */
export type AccessClaims = { readonly user: string; readonly holder: string; readonly access: readonly Access[] };

/** @param lifetime seconds */
export function signAccess(
  signer: Signer,
  lifetime: number,
  { loginServer }: Registry,
  { user, holder, access }: AccessClaims,
): Promise<string> {
  return signer.sign({ ...common(loginServer), sub: user, grant_type: "access_token", holder, access, roles: [] }, lifetime);
}

/** Signs a refresh token for an Entra identity. It names the identity. The rights are looked up at each use. `lifetime` is in seconds. */
export function signRefresh(
  signer: Signer,
  lifetime: number,
  { loginServer, tenantId }: Registry,
  { principalId, clientId }: { principalId: string; clientId: string },
): Promise<string> {
  const claims = {
    sub: principalId,
    grant_type: "refresh_token",
    appid: clientId,
    tenant: tenantId,
    permissions: { actions: ["read"], notActions: [] },
    roles: [],
  };
  return signer.sign({ ...common(loginServer), ...claims }, lifetime);
}

const common = (loginServer: string) => ({ iss: issuer, aud: loginServer, version: "1.0", rid: randomUUID().replaceAll("-", "") });

/** Returns the claims of an access token that this registry issued and that has not expired, or undefined for any other token. */
export async function readAccess(signer: Signer, registry: Registry, token: string): Promise<AccessClaims | undefined> {
  const claims = await read(signer, registry, token, "access_token");
  return claims && { user: claims.sub ?? "", holder: String(claims.holder), access: claims.access as readonly Access[] };
}

/** Returns the principal of a refresh token. */
export async function readRefresh(signer: Signer, registry: Registry, token: string): Promise<{ principalId: string } | undefined> {
  const claims = await read(signer, registry, token, "refresh_token");
  return claims && { principalId: claims.sub ?? "" };
}

async function read(signer: Signer, { loginServer }: Registry, token: string, kind: string): Promise<JWTPayload | undefined> {
  const claims = await signer.verify(token);
  if (typeof claims === "string" || claims.iss !== issuer || claims.aud !== loginServer || claims.grant_type !== kind) return undefined;
  return claims;
}

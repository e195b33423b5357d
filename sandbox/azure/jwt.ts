import { randomUUID } from "node:crypto";
import {
  type CryptoKey,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from "jose";
import { JWTExpired } from "jose/errors";

/** Signs JSON Web Tokens (RS256, like Entra and ACR) and has the public key. */
export type Signer = {
  readonly jwks: JSONWebKeySet;
  /** Adds jti, iat, nbf and exp, and signs. `lifetime` is in seconds. A negative one creates an expired token. */
  sign(claims: JWTPayload, lifetime: number): Promise<string>;
  /** Returns the claims of an unexpired token that this signer signed. Otherwise returns the reason for the rejection. */
  verify(token: string): Promise<JWTPayload | "forged" | "expired">;
};

export async function createSigner(): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  return signer(privateKey, publicKey, randomUUID().replaceAll("-", ""));
}

async function signer(privateKey: CryptoKey, publicKey: CryptoKey, kid: string): Promise<Signer> {
  return {
    jwks: { keys: [{ ...(await exportJWK(publicKey)), kid, use: "sig", alg: "RS256" }] },
    sign: (claims, lifetime) => {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({ jti: randomUUID(), ...claims, iat: now, nbf: now, exp: now + lifetime })
        .setProtectedHeader({ alg: "RS256", typ: "JWT", kid })
        .sign(privateKey);
    },
    verify: async (token) => {
      try {
        if (decodeProtectedHeader(token).kid !== kid) return "forged";
        return (await jwtVerify(token, publicKey, { algorithms: ["RS256"] })).payload;
      } catch (error) {
        return error instanceof JWTExpired ? "expired" : "forged";
      }
    },
  };
}

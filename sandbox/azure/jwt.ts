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

/** A signer of JSON Web Tokens (RS256, as Entra and ACR sign), with its public half. */
export type Signer = {
  readonly jwks: JSONWebKeySet;
  /** Adds jti, iat, nbf and exp, and signs. `lifetime` in seconds; a negative one makes an expired token. */
  sign(claims: JWTPayload, lifetime: number): Promise<string>;
  /** The claims of a token that this signer made and that is not over; else which of the two it fails. */
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

import { X509Certificate } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from "jose";
import type { Application } from "../world.ts";
import { host } from "./discovery.ts";
import { refuseEntra } from "./sign-in.ts";

/** Whether another issuer signed an assertion: an application's own certificate is named in the header. */
export function isFederated(assertion: string): boolean {
  const { x5t, "x5t#S256": x5tS256 } = headerOf(assertion);
  return x5t === undefined && x5tS256 === undefined;
}

/**
 * Checks that the application's own certificate signed a client assertion, as Entra does. The audience must be this tenant's token endpoint.
 * The issuer and the subject must be the application. The assertion must not have expired, but clocks may differ by five minutes.
 *
 * @throws Refused with the AADSTS error
 */
export async function checkAssertion(application: Application, tenantId: string, assertion: string): Promise<void> {
  const { appId, certificates } = application;
  const signed = thumbprint(assertion);
  const certificate = certificates.map((pem) => new X509Certificate(pem)).find((one) => signed.matches(one));
  if (!certificate) return notRegistered(`The key was not found., Thumbprint of key used by client: '${signed.text}'`, appId);
  if (Date.parse(certificate.validTo) <= Date.now()) return notRegistered("The key used is expired.", appId);
  const audience = [`${host}/${tenantId}/oauth2/v2.0/token`, `${host}/${tenantId}/v2.0`];
  const options = { algorithms: ["RS256", "PS256"], audience, requiredClaims: ["exp"], clockTolerance: 300 };
  await jwtVerify(assertion, certificate.publicKey, options).catch((error: unknown) => refuseSigned(error, appId));
  const { iss, sub } = claims(assertion);
  if (iss === appId && sub === appId) return undefined;
  return refuseEntra(401, "invalid_client", 700021, "Client assertion application identifier doesn't match 'client_id' parameter.");
}

function refuseSigned(error: unknown, appId: string): never {
  if (error instanceof errors.JWTExpired || claimOf(error) === "nbf")
    return refuseEntra(401, "invalid_client", 700024, "Client assertion is not within its valid time range.");
  if (claimOf(error) === "aud")
    return refuseEntra(401, "invalid_client", 700023, "Client assertion audience claim does not match Realm issuer.");
  return notRegistered("The key was found, but its signature is not valid.", appId);
}

function notRegistered(reason: string, appId: string): never {
  const message = `The certificate with identifier used to sign the client assertion is not registered on application. [Reason - ${reason}, Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id '${appId}'.]`;
  return refuseEntra(401, "invalid_client", 700027, message);
}

/** Returns the certificate that an assertion's header names: by `x5t#S256` (RFC 7515, 4.1.8), else by `x5t`. */
function thumbprint(assertion: string): { text: string; matches(certificate: X509Certificate): boolean } {
  const { x5t, "x5t#S256": x5tS256 } = headerOf(assertion);
  const text = hex(String(x5tS256 ?? x5t ?? ""));
  const plain = (fingerprint: string) => fingerprint.replaceAll(":", "");
  return {
    text,
    matches: ({ fingerprint, fingerprint256 }) => plain(x5tS256 === undefined ? fingerprint : fingerprint256) === text,
  };
}

export function headerOf(assertion: string): Record<string, unknown> {
  try {
    return decodeProtectedHeader(assertion);
  } catch {
    return refuseEntra(401, "invalid_client", 50027, "JWT token is invalid or malformed.");
  }
}

const hex = (base64url: string) => Buffer.from(base64url, "base64url").toString("hex").toUpperCase();

export function claims(assertion: string): Record<string, unknown> {
  try {
    return decodeJwt(assertion);
  } catch {
    return refuseEntra(401, "invalid_client", 50027, "JWT token is invalid or malformed.");
  }
}

export const claimOf = (error: unknown) => (error instanceof errors.JWTClaimValidationFailed ? error.claim : undefined);

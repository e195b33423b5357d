import { createLocalJWKSet, errors, jwtVerify } from "jose";
import type { FederatedCredential } from "../federation.ts";
import type { State } from "../state.ts";
import { timeIn } from "../world.ts";
import { claimOf, claims, headerOf } from "./assertion.ts";
import { refuseEntra } from "./sign-in.ts";

/**
 * Checks a token of another issuer (workload identity federation). It must match one of the federated credentials, and a key that the
 * issuer publishes must have signed it.
 *
 * @throws Refused with the AADSTS error
 */
export async function checkFederated(
  { federated: all = [] }: { readonly federated?: readonly FederatedCredential[] },
  state: Pick<State, "faults" | "world">,
  assertion: string,
): Promise<void> {
  const { iss, sub, aud } = claims(assertion);
  const { issuers } = state.world;
  if (state.faults.isUnlucky()) return noRecord(700213, `subject '${sub}'`);
  const federated = all.filter((one) => isKnown(one, state));
  const ofIssuer = federated.filter(({ issuer }) => issuer === iss);
  const ofSubject = ofIssuer.filter(({ subject }) => subject === sub);
  if (ofIssuer.length === 0) return noRecord(700211, `issuer '${iss}'`);
  if (ofSubject.length === 0) return noRecord(700213, `subject '${sub}'`);
  if (!ofSubject.some(({ audience }) => [aud].flat().includes(audience))) return noRecord(700212, `audience '${[aud].flat()}'`);
  const keys = issuers.get(String(iss)) ?? refuseEntra(400, "invalid_request", 50166, "Request to External OIDC endpoint failed.");
  await jwtVerify(assertion, createLocalJWKSet(keys), { requiredClaims: ["exp"], clockTolerance: 300 }).catch((error: unknown) => {
    if (error instanceof errors.JWTExpired || claimOf(error) === "nbf")
      return refuseEntra(401, "invalid_client", 700024, "Client assertion is not within its valid time range.");
    if (!(error instanceof errors.JWKSNoMatchingKey))
      return refuseEntra(401, "invalid_client", 700027, "Client assertion failed signature validation.");
    // Entra names the key by its kid, which it reads as a thumbprint.
    const kid = Buffer.from(String(headerOf(assertion).kid ?? ""), "base64url")
      .toString("hex")
      .toUpperCase();
    const message = `The certificate with identifier ${kid} used to sign the federated credential could not be found in the metadata of identity provider ${iss}. Please validate that your Identity Provider's metadata exposes the key used to sign the incoming token.`;
    return refuseEntra(401, "invalid_client", 7000272, message);
  });
}

/** A request before Entra knows a credential starts the delay again, once. */
function isKnown(credential: FederatedCredential, { faults, world }: Pick<State, "faults" | "world">): boolean {
  if (faults.replicated("federated", credential.since ?? 0)) return true;
  if (!credential.isDelayed) Object.assign(credential, { since: timeIn(world), isDelayed: true });
  return false;
}

function noRecord(number: number, presented: string): never {
  const advice =
    "Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://docs.microsoft.com/azure/active-directory/develop/workload-identity-federation";
  const message = `No matching federated identity record found for presented assertion ${presented}. ${advice}`;
  return refuseEntra(401, "invalid_client", number, message);
}

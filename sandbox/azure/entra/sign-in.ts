import { randomUUID } from "node:crypto";
import type { FaultBox } from "../faults.ts";
import type { UserAssignedIdentity } from "../federation.ts";
import type { Answer } from "../http.ts";
import { Refused } from "../http.ts";
import type { Application, ServicePrincipal, User, World } from "../world.ts";

/** An error of Entra: an OAuth error code and an AADSTS number. */
type EntraError = { readonly status: number; readonly error: string; readonly number: number; readonly message: string };

/** Returns the response of Entra's token endpoint to a rejected sign-in. */
function entraAnswer({ status, error, number, message }: EntraError): Answer {
  const [trace, correlation] = [randomUUID(), randomUUID()];
  const timestamp = `${new Date().toISOString().slice(0, 19).replace("T", " ")}Z`;
  return {
    status,
    headers: { "cache-control": "no-store, no-cache" },
    body: {
      error,
      error_description: `AADSTS${number}: ${message}\r\nTrace ID: ${trace}\r\nCorrelation ID: ${correlation}\r\nTimestamp: ${timestamp}`,
      error_codes: [number],
      timestamp,
      trace_id: trace,
      correlation_id: correlation,
      error_uri: `https://login.microsoftonline.com/error?code=${number}`,
    },
  };
}

export function refuseEntra(status: number, error: string, number: number, message: string): never {
  throw new Refused(entraAnswer({ status, error, number, message }));
}

/** An application, or a user-assigned identity, and its service principal in a tenant. */
type Client = { readonly application: Application | UserAssignedIdentity; readonly principal: ServicePrincipal };

/** Returns the client of an application id, whatever credential it uses. @throws Refused with the AADSTS error */
export function findClient(world: World, faults: FaultBox, tenantId: string, appId: string): Client {
  const isWanted = (id: string) => id.toLowerCase() === appId.toLowerCase();
  const application =
    world.applications.find((one) => isWanted(one.appId) && one.tenantId === tenantId) ??
    world.userAssignedIdentities.find((one) => isWanted(one.clientId) && one.tenantId === tenantId);
  if (!application || !faults.replicated("principals", application.since)) {
    return refuseEntra(
      400,
      "unauthorized_client",
      700016,
      `Application with identifier '${appId}' was not found in the directory '${tenantId}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
    );
  }
  const principal = world.servicePrincipals.find((one) => isWanted(one.appId) && one.tenantId === tenantId);
  if (!principal) {
    return refuseEntra(
      400,
      "unauthorized_client",
      7000229,
      `The client application '${appId}' is missing service principal in the tenant '${tenantId}'.`,
    );
  }
  if (!principal.accountEnabled)
    return refuseEntra(400, "unauthorized_client", 7000112, `Application '${appId}'(${principal.displayName}) is disabled.`);
  return { application, principal };
}

/**
 * Returns the service principal for an application id and a secret, after the checks that Entra makes.
 *
 * @throws Refused with the AADSTS error
 */
export function signInApplication(world: World, faults: FaultBox, tenantId: string, appId: string, secret: string): ServicePrincipal {
  const { application, principal } = findClient(world, faults, tenantId, appId);
  const own = "secrets" in application ? application.secrets : [];
  const match = [...own, ...principal.secrets].find(
    (one) => one.value === secret && faults.replicated("secrets", one.since, principal.displayName),
  );
  if (!match) {
    return refuseEntra(
      401,
      "invalid_client",
      7000215,
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${appId}'.`,
    );
  }
  if (Date.parse(match.endDateTime) <= Date.now()) {
    return refuseEntra(
      401,
      "invalid_client",
      7000222,
      `The provided client secret keys for app '${appId}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.`,
    );
  }
  return principal;
}

/** Returns the user for a name and a password. @throws Refused with the AADSTS error */
export function signInUser(world: World, tenantId: string, name: string, password: string): User {
  const user = world.users.find((one) => one.userPrincipalName.toLowerCase() === name.toLowerCase() && one.tenantId === tenantId);
  if (!user)
    return refuseEntra(
      400,
      "invalid_grant",
      50034,
      `The user account ${name} does not exist in the ${tenantId} directory. To sign into this application, the account must be added to the directory.`,
    );
  if (user.refusal) return refuseEntra(400, user.refusal.error, user.refusal.number, user.refusal.message);
  if (user.password !== password)
    return refuseEntra(400, "invalid_grant", 50126, "Error validating credentials due to invalid username or password.");
  return user;
}

import { randomUUID } from "node:crypto";
import { type Answer, type Ask, form, Refused } from "../http.ts";
import type { State } from "../state.ts";
import type { ServicePrincipal, User, World } from "../world.ts";
import { checkAssertion, isFederated } from "./assertion.ts";
import { host } from "./discovery.ts";
import { checkFederated } from "./federated.ts";
import { resourceIn, resourceOf } from "./identity.ts";
import { findClient, refuseEntra, signInApplication, signInUser } from "./sign-in.ts";

/** MSAL for Go adds these scopes to each request of an assertion, and Entra ID ignores them. */
const addedByMsal = / (?:openid|offline_access|profile)\b/g;

/**
 * POST /oauth2/v2.0/token: accepts client_credentials with a secret or a signed assertion, password, and refresh_token (RFC 6749, RFC
 * 7523).
 */
export async function token(ask: Ask, state: State, tenantId: string): Promise<Answer> {
  const fields = form(ask);
  if (!fields) return refuseEntra(400, "invalid_request", 900144, "The request body must contain the following parameter: 'grant_type'.");
  const need = (name: string): string =>
    fields.get(name) || refuseEntra(400, "invalid_request", 900144, `The request body must contain the following parameter: '${name}'.`);
  const grant = need("grant_type");
  const clientId = need("client_id");
  if (grant === "client_credentials") {
    const principal = await prove(fields, need, state, tenantId, clientId);
    const given = need("scope");
    const scope = given.replaceAll(addedByMsal, "");
    if (!/^\S+\/\.default$/.test(scope)) {
      return refuseEntra(
        400,
        "invalid_scope",
        1002012,
        `The provided value for scope ${given} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
      );
    }
    const audience = audienceOf(scope, tenantId, state.world);
    const access = await state.entra.sign(
      {
        ...issuedBy(tenantId),
        aud: audience,
        appid: principal.appId,
        appidacr: fields.has("client_assertion") ? "2" : "1",
        idtyp: "app",
        oid: principal.id,
        sub: principal.id,
        ...roleClaim(audience, principal.graphRoles),
      },
      state.world.lifetimes.entra,
    );
    return tokenAnswer({ access_token: access });
  }
  if (grant === "password" || grant === "refresh_token") {
    const user =
      grant === "password" ? signInUser(state.world, tenantId, need("username"), need("password")) : userOf(state, need("refresh_token"));
    return userToken(state, user, clientId, need("scope"));
  }
  return refuseEntra(400, "unsupported_grant_type", 70003, `The app requested an unsupported grant type '${grant}'.`);
}

/** The only type of assertion with which an application signs in (RFC 7523, 2.2). */
const jwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** Returns the service principal that authenticates with a certificate or a token of another issuer, or else with a secret. */
async function prove(
  fields: URLSearchParams,
  need: (name: string) => string,
  { world, faults }: State,
  tenantId: string,
  clientId: string,
): Promise<ServicePrincipal> {
  if (fields.has("client_assertion")) {
    const type = need("client_assertion_type");
    const assertion = need("client_assertion");
    if (type !== jwtBearer) return refuseEntra(400, "invalid_request", 9002313, "Invalid request. Request is malformed or invalid.");
    const { application, principal } = findClient(world, faults, tenantId, clientId);
    if (isFederated(assertion)) await checkFederated(application, { world, faults }, assertion);
    else if ("certificates" in application) await checkAssertion(application, tenantId, assertion);
    return principal;
  }
  if (fields.get("client_secret")) return signInApplication(world, faults, tenantId, clientId, need("client_secret"));
  const missing = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
  return refuseEntra(401, "invalid_client", 7000218, missing);
}

const issuedBy = (tenantId: string) => ({
  iss: `https://sts.windows.net/${tenantId}/`,
  idp: `https://sts.windows.net/${tenantId}/`,
  tid: tenantId,
  ver: "1.0",
});

const roleClaim = (audience: string, roles: readonly string[]) => (resourceOf(audience) === "graph" && roles.length > 0 ? { roles } : {});

const tokenAnswer = (body: Record<string, unknown>): Answer => ({
  status: 200,
  headers: { "cache-control": "no-store" },
  body: { token_type: "Bearer", expires_in: 3599, ext_expires_in: 3599, ...body },
});

/**
 * Returns the audience of a `…/.default` scope: the text before it. A slash of its own stays
 * (`https://management.core.windows.net//.default`).
 */
function audienceOf(scope: string, tenantId: string, world: World): string {
  const audience = scope.slice(0, -"/.default".length);
  if (resourceIn(world, audience)) return audience;
  return refuseEntra(
    400,
    "invalid_resource",
    500011,
    `The resource principal named ${audience} was not found in the tenant named ${tenantId}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.`,
  );
}

function userOf(state: State, refreshToken: string): User {
  const user = state.world.users.find((one) => one.refreshTokens.includes(refreshToken));
  if (!user) return refuseEntra(400, "invalid_grant", 700082, "The refresh token has expired due to inactivity.");
  if (user.refusal) return refuseEntra(400, user.refusal.error, user.refusal.number, user.refusal.message);
  return user;
}

async function userToken(state: State, user: User, clientId: string, scope: string): Promise<Answer> {
  const wanted = scope.split(" ").find((one) => one.endsWith("/.default"));
  if (!wanted) throw new Refused(scopeMissing(scope));
  const audience = audienceOf(wanted, user.tenantId, state.world);
  const refresh = randomUUID();
  user.refreshTokens.push(refresh);
  const person = { oid: user.id, sub: user.id, upn: user.userPrincipalName, unique_name: user.userPrincipalName };
  const access = await state.entra.sign(
    { ...issuedBy(user.tenantId), aud: audience, appid: clientId, idtyp: "user", ...person, scp: "user_impersonation" },
    state.world.lifetimes.entra,
  );
  const id = await state.entra.sign(
    {
      iss: `${host}/${user.tenantId}/v2.0`,
      aud: clientId,
      tid: user.tenantId,
      ver: "2.0",
      preferred_username: user.userPrincipalName,
      ...person,
    },
    state.world.lifetimes.entra,
  );
  const clientInfo = Buffer.from(JSON.stringify({ uid: user.id, utid: user.tenantId })).toString("base64url");
  return tokenAnswer({ scope: wanted, access_token: access, refresh_token: refresh, id_token: id, client_info: clientInfo });
}

const scopeMissing = (scope: string): Answer => ({
  status: 400,
  body: {
    error: "invalid_scope",
    error_description: `AADSTS70011: The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid: ${scope}.`,
    error_codes: [70011],
  },
});

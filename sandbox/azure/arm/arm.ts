import { type Identity, readIdentity, resourceOf } from "../entra/identity.ts";
import type { Answer, Ask } from "../http.ts";
import { bearer } from "../http.ts";
import type { State } from "../state.ts";
import { credentialRoutes } from "./credentials.ts";
import { managedIdentityRoutes } from "./managed-identities.ts";
import { metadata } from "./metadata.ts";
import { operationRoutes } from "./operations.ts";
import { registryRoutes } from "./registries.ts";
import { type ArmAsk, refuse } from "./request.ts";
import { resourceGraphRoutes } from "./resource-graph.ts";
import { roleAssignmentRoutes } from "./role-assignments.ts";
import { roleDefinitionRoutes } from "./role-definitions.ts";
import { type Route, versionError, versionsIn } from "./route.ts";
import { scopeMapRoutes } from "./scope-maps.ts";
import { subscriptionRoutes } from "./subscriptions.ts";
import { tokenRoutes } from "./tokens.ts";

const routes: readonly Route[] = [
  ...subscriptionRoutes,
  ...registryRoutes,
  ...credentialRoutes,
  ...scopeMapRoutes,
  ...tokenRoutes,
  ...operationRoutes,
  ...resourceGraphRoutes,
  ...roleDefinitionRoutes,
  ...roleAssignmentRoutes,
  ...managedIdentityRoutes,
];

/** Azure Resource Manager: checks the identity, the api-version and the subscription, then what the route checks, in ARM's order. */
export async function arm(ask: Ask, state: State): Promise<Answer> {
  if (ask.method === "GET" && ask.path === "/metadata/endpoints") return metadata(ask);
  const identity = await identify(ask, state);
  const version = ask.query.get("api-version");
  if (version === null)
    return refuse(400, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.");
  if (!/^\d{4}-\d\d-\d\d(-preview)?$/.test(version)) {
    return refuse(
      400,
      "InvalidApiVersionParameter",
      `The api-version '${version}' is invalid. The api-version must be of the form yyyy-MM-dd, optionally with -preview.`,
    );
  }
  const matching = routes.flatMap((route) => {
    const match = route.path.exec(ask.path);
    return match ? [{ route, at: { ...match.groups } }] : [];
  });
  const found = matching.find(({ route }) => route.method === ask.method);
  if (!found) {
    if (matching.length > 0)
      return refuse(405, "MethodNotAllowed", `The http method '${ask.method}' is not supported for the resource '${ask.path}'.`);
    return refuse(404, "InvalidResourceType", `The resource '${ask.path}' could not be found.`);
  }
  const supported = versionsIn(state.world, found.route);
  if (!supported.includes(version)) return versionError({ ...found.route, versions: supported }, version);
  checkSubscription(ask, state, identity);
  return found.route.handle({ ask, state, identity, at: found.at } satisfies ArmAsk);
}

async function identify(ask: Ask, state: State): Promise<Identity> {
  const challenge = {
    "www-authenticate": `Bearer authorization_uri="https://login.microsoftonline.com/${state.world.tenantId}", error="invalid_token"`,
  };
  if (ask.headers.authorization === undefined)
    return refuse(401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.", challenge);
  const token = bearer(ask.headers);
  if (token === undefined)
    return refuse(
      401,
      "AuthenticationFailedInvalidHeader",
      "Authentication failed. The 'Authorization' header is provided in an invalid format.",
      challenge,
    );
  const identity = await readIdentity(state.entra, token);
  if ("wrong" in identity) {
    if (identity.wrong === "expired")
      return refuse(
        401,
        "ExpiredAuthenticationToken",
        `The access token expiry UTC time is earlier than current UTC time '${new Date().toUTCString()}'.`,
        challenge,
      );
    return refuse(401, "InvalidAuthenticationToken", "The access token is invalid.", challenge);
  }
  if (resourceOf(identity.audience) !== "arm") {
    return refuse(
      401,
      "InvalidAuthenticationTokenAudience",
      `The access token has been obtained for wrong audience or resource '${identity.audience}'. It should exactly match with one of the allowed audiences 'https://management.core.windows.net/','https://management.core.windows.net','https://management.azure.com/','https://management.azure.com'.`,
      challenge,
    );
  }
  return identity;
}

function checkSubscription(ask: Ask, { world }: State, { tenantId }: Identity): void {
  const id = /^\/subscriptions\/([^/]+)/i.exec(ask.path)?.[1];
  if (id === undefined) return;
  const subscription = world.subscriptions.find((one) => one.id === id.toLowerCase());
  if (!subscription) refuse(404, "SubscriptionNotFound", `The subscription '${id}' could not be found.`);
  if (subscription.tenantId !== tenantId) {
    refuse(
      401,
      "InvalidAuthenticationTokenTenant",
      `The access token is from the wrong issuer 'https://sts.windows.net/${tenantId}/'. It must match the tenant 'https://sts.windows.net/${subscription.tenantId}/' associated with this subscription. Please use the authority (URL) 'https://login.windows.net/${subscription.tenantId}' to get the token.`,
      {
        "www-authenticate": `Bearer authorization_uri="https://login.windows.net/${subscription.tenantId}", error="invalid_token", error_description="The access token is from the wrong issuer."`,
      },
    );
  }
}

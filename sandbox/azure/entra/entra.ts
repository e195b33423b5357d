import type { Answer, Ask } from "../http.ts";
import type { State } from "../state.ts";
import { instanceDiscovery, openid, userRealm } from "./discovery.ts";
import { refuseEntra } from "./sign-in.ts";
import { token } from "./token.ts";

/** Serves Microsoft Entra ID: discovery, and OAuth 2.0 with client_credentials, password and refresh_token. */
export async function entra(ask: Ask, state: State): Promise<Answer> {
  const [, tenant = "", rest = ""] = /^\/([^/]+)\/(.*)$/.exec(ask.path) ?? [];
  const route = `${ask.method} ${rest}`;
  if (route === "GET discovery/instance") return instanceDiscovery(ask);
  if (/^GET userrealm\//i.test(route)) return userRealm(rest.slice("userrealm/".length));
  if (route === "GET v2.0/.well-known/openid-configuration") return openid(knownTenant(state, tenant));
  if (route === "GET discovery/v2.0/keys") return { status: 200, body: state.entra.jwks };
  if (route === "POST oauth2/v2.0/token") return token(ask, state, knownTenant(state, tenant));
  return { status: 404, body: { error: "not_found", error_description: `there is no ${ask.path}` } };
}

/** Returns the id of an existing tenant. `organizations` and `common` mean the only tenant with sign-in. */
function knownTenant(state: State, tenant: string): string {
  if (["organizations", "common"].includes(tenant)) return state.world.tenantId;
  if (state.world.subscriptions.some((one) => one.tenantId === tenant)) return tenant;
  return refuseEntra(
    400,
    "invalid_tenant",
    90002,
    `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
  );
}

import type { Answer, Ask } from "../http.ts";

export const host = "https://login.microsoftonline.com";

/** Returns the OpenID Connect configuration of a tenant. */
export function openid(tenant: string): Answer {
  const base = `${host}/${tenant}`;
  return {
    status: 200,
    body: {
      issuer: `${base}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
      end_session_endpoint: `${base}/oauth2/v2.0/logout`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
      response_types_supported: ["code", "id_token", "code id_token", "id_token token"],
      token_endpoint_auth_methods_supported: ["client_secret_post", "private_key_jwt", "client_secret_basic"],
      scopes_supported: ["openid", "profile", "email", "offline_access"],
      subject_types_supported: ["pairwise"],
      id_token_signing_alg_values_supported: ["RS256"],
      tenant_region_scope: "NA",
      cloud_instance_name: "microsoftonline.com",
      msgraph_host: "graph.microsoft.com",
    },
  };
}

/** Returns whether a host belongs to Entra, and its aliases. MSAL asks this before it trusts a host. */
export function instanceDiscovery(ask: Ask): Answer {
  const asked = ask.query.get("authorization_endpoint") ?? "";
  if (!asked.startsWith(`${host}/`))
    return {
      status: 400,
      body: { error: "invalid_instance", error_description: "AADSTS50049: Unknown or invalid instance.", error_codes: [50049] },
    };
  const tenant = new URL(asked).pathname.split("/")[1];
  return {
    status: 200,
    body: {
      tenant_discovery_endpoint: `${host}/${tenant}/v2.0/.well-known/openid-configuration`,
      "api-version": "1.1",
      metadata: [
        {
          preferred_network: "login.microsoftonline.com",
          preferred_cache: "login.windows.net",
          aliases: ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"],
        },
      ],
    },
  };
}

/** Returns whether Entra or a federation checks a user's password: always Entra. */
export function userRealm(user: string): Answer {
  return {
    status: 200,
    body: {
      ver: "1.0",
      account_type: "Managed",
      domain_name: user.split("@")[1] ?? "",
      cloud_instance_name: "microsoftonline.com",
      cloud_audience_urn: "urn:federation:MicrosoftOnline",
    },
  };
}

import type { Answer, Ask } from "../http.ts";

/** GET /metadata/endpoints 2022-09-01: describes the public cloud, as the Azure CLI reads it. Needs no sign-in. */
export function metadata(ask: Ask): Answer {
  if (!ask.query.get("api-version"))
    return {
      status: 400,
      body: {
        error: {
          code: "MissingApiVersionParameter",
          message: "The api-version query parameter (?api-version=) is required for all requests.",
        },
      },
    };
  return {
    status: 200,
    body: {
      name: "AzureCloud",
      portal: "https://portal.azure.com",
      resourceManager: "https://management.azure.com/",
      authentication: {
        loginEndpoint: "https://login.microsoftonline.com",
        audiences: ["https://management.core.windows.net/", "https://management.azure.com/"],
        tenant: "common",
        identityProvider: "AAD",
      },
      graph: "https://graph.windows.net/",
      graphAudience: "https://graph.windows.net/",
      microsoftGraphResourceId: "https://graph.microsoft.com/",
      suffixes: {
        acrLoginServer: "azurecr.io",
        storage: "core.windows.net",
        keyVaultDns: "vault.azure.net",
        sqlServerHostname: "database.windows.net",
      },
    },
  };
}

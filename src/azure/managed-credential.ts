import type { TokenCredential } from "@azure/identity";
import type { Environment } from "../env.ts";
import type { NetworkError } from "../http/network-error.ts";
import type { Transport } from "../http/transport.ts";
import { libraryCredential } from "./library-credential.ts";
import { noEndpoint } from "./library-error.ts";

/** Where a platform says that it has identities, as @azure/identity reads it. A virtual machine says nothing: it has to be asked. */
const endpoints = ["IDENTITY_ENDPOINT", "MSI_ENDPOINT", "AZURE_POD_IDENTITY_AUTHORITY_HOST"] as const;

/** Whether the environment names a service that gives this machine its identity. */
export const hasManagedIdentity = (env: Environment): boolean => endpoints.some((name) => env[name]);

/**
 * The managed identity of this machine; AZURE_CLIENT_ID chooses among several. Where the service is, the library reads in the
 * process's own environment.
 * @param transport a way without a proxy, which would give its own machine's identity
 */
export function managedCredential({ AZURE_CLIENT_ID: clientId }: Environment, transport: Transport): TokenCredential {
  return libraryCredential({
    source: "managed",
    transport,
    hint: "check AZURE_CLIENT_ID, and that this machine has a managed identity",
    open: ({ ManagedIdentityCredential }, { httpClient, retryOptions }) =>
      new ManagedIdentityCredential({
        ...(clientId ? { clientId } : {}),
        retryOptions,
        httpClient: {
          sendRequest: (request) => {
            // It is on this machine or beside it: where nothing answers by then, nothing is there
            request.timeout ||= 5000;
            return httpClient.sendRequest(request);
          },
        },
      }),
    unreachable: ({ message }: NetworkError) => noEndpoint(message),
  });
}

/** The environment without its proxies. */
export const unproxied = (env: Environment): Environment => ({ ...env, HTTPS_PROXY: undefined, https_proxy: undefined });

import { afterAll } from "vitest";
import type { RegistrySpec } from "../../../sandbox/azure/create-world.ts";
import { type AzureEmulator, startAzure } from "../../../sandbox/azure/emulator.ts";
import type { Delays } from "../../../sandbox/azure/faults.ts";
import type { ServicePrincipalLogin } from "../../../sandbox/azure/identities.ts";
import { type Binaries, binaries } from "../../../sandbox/binaries.ts";
import { guardedFolder } from "../../../sandbox/guard.ts";
import { createAuthority } from "../../../sandbox/pki.ts";
import { type Ask, askThrough, type Json, type Reply } from "../../support/ask-through.ts";

export const registryId =
  "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/demo/providers/Microsoft.ContainerRegistry/registries/myregistry";
export const loginServer = "myregistry.azurecr.io";
export const audiences = {
  arm: "https://management.azure.com",
  graph: "https://graph.microsoft.com",
  acr: "https://containerregistry.azure.net",
};

export type Login = Pick<ServicePrincipalLogin, "tenantId" | "clientId" | "clientSecret">;

export type TestAzure = AzureEmulator & {
  readonly binaries: Binaries;
  readonly folder: string;
  readonly owner: Login;
  /** Sends one request through the proxy, as any program does. */
  ask(method: string, url: string, ask?: Ask): Promise<Reply>;
  /** Signs a service principal in, as Entra documents it. */
  accessToken(login: Login, audience: string): Promise<string>;
  /** Sends one request to ARM with an identity. The path gets the stable api-version if it has none. */
  arm(as: Login, method: string, path: string, json?: unknown): Promise<Reply>;
};

/** Starts an emulated Azure for the tests of one file. It stops after the last one. */
export async function openTestAzure(registries?: readonly RegistrySpec[], delays?: Delays): Promise<TestAzure> {
  const azure = await startTestAzure(registries, delays);
  afterAll(azure.stop);
  return azure;
}

/** Starts an emulated Azure and functions that send requests to it. */
export async function startTestAzure(registries?: readonly RegistrySpec[], delays: Delays = {}): Promise<TestAzure> {
  const programs = await binaries({ need: ["registry", "crane"], progress: console.log });
  const folder = await guardedFolder("azure-test-");
  const authority = await createAuthority("azure test");
  const azure = await startAzure({
    folder: folder.path,
    authority,
    registryBinary: programs.program("registry"),
    // Most of these tests ask each service at once
    delays,
    ...(registries && { registries }),
  });
  const { AZURE_TENANT_ID: tenantId = "", AZURE_CLIENT_ID: clientId = "", AZURE_CLIENT_SECRET: clientSecret = "" } = azure.env;

  const ask: TestAzure["ask"] = (method, url, options) =>
    askThrough(azure.proxy, authority.certificate, method, new URL(url), options ?? {});
  const accessToken: TestAzure["accessToken"] = async (login, audience) => {
    const form = {
      grant_type: "client_credentials",
      client_id: login.clientId,
      client_secret: login.clientSecret,
      scope: `${audience}/.default`,
    };
    const { json } = await ask("POST", `https://login.microsoftonline.com/${login.tenantId}/oauth2/v2.0/token`, { form });
    return String(json.access_token);
  };
  return {
    ...azure,
    binaries: programs,
    folder: folder.path,
    owner: { tenantId, clientId, clientSecret },
    ask,
    accessToken,
    arm: async (as, method, path, json) => {
      const url = `${audiences.arm}${path}${path.includes("api-version=") ? "" : `${path.includes("?") ? "&" : "?"}api-version=2025-11-01`}`;
      return ask(method, url, { token: await accessToken(as, audiences.arm), ...(json !== undefined && { json }) });
    },
    stop: async () => {
      await azure.stop();
      await folder.remove();
    },
  };
}

/** Returns the claims of a JSON Web Token without validation. */
export function claimsOf(token: string): Json {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
}

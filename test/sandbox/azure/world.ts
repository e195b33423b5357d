import { request as connectRequest, type IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import { buffer } from "node:stream/consumers";
import { connect } from "node:tls";
import type { RegistrySpec } from "../../../sandbox/azure/create-world.ts";
import { type AzureEmulator, startAzure } from "../../../sandbox/azure/emulator.ts";
import type { ServicePrincipalLogin } from "../../../sandbox/azure/identities.ts";
import { type Binaries, binaries } from "../../../sandbox/binaries.ts";
import { guardedFolder } from "../../../sandbox/guard.ts";
import { createAuthority } from "../../../sandbox/pki.ts";

export const registryId =
  "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/demo/providers/Microsoft.ContainerRegistry/registries/myregistry";
export const loginServer = "myregistry.azurecr.io";
export const audiences = {
  arm: "https://management.azure.com",
  graph: "https://graph.microsoft.com",
  acr: "https://containerregistry.azure.net",
};

/** An answer; `json` is what its text says as JSON, or undefined. */
export type Reply = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string; readonly json: Json };

/** JSON that a test looks into. A missing step is undefined, and the expectation then fails. */
export type Json = { readonly [key: string]: Json } & readonly Json[] & string;

export type Ask = {
  readonly headers?: Record<string, string>;
  /** Basic login, or a bearer token. */
  readonly login?: { username: string; password: string };
  readonly token?: string;
  readonly json?: unknown;
  readonly form?: Record<string, string> | [string, string][];
};

export type Login = Pick<ServicePrincipalLogin, "tenantId" | "clientId" | "clientSecret">;

export type TestAzure = AzureEmulator & {
  readonly binaries: Binaries;
  readonly folder: string;
  readonly owner: Login;
  /** One request through the proxy, as any program makes it. */
  ask(method: string, url: string, ask?: Ask): Promise<Reply>;
  /** Signs a service principal in, as Entra documents it. */
  accessToken(login: Login, audience: string): Promise<string>;
  /** One request to ARM by an identity; the path gets the stable api-version if it has none. */
  arm(as: Login, method: string, path: string, json?: unknown): Promise<Reply>;
};

/** An emulated Azure and the ways to talk to it. */
export async function startTestAzure(registries?: readonly RegistrySpec[]): Promise<TestAzure> {
  const programs = await binaries({ need: ["registry", "crane"], progress: console.log });
  const folder = await guardedFolder("azure-test-");
  const authority = await createAuthority("azure test");
  const azure = await startAzure({
    folder: folder.path,
    authority,
    registryBinary: programs.program("registry"),
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

async function askThrough(
  proxy: string,
  ca: string,
  method: string,
  url: URL,
  { headers = {}, login, token, json, form }: Ask,
): Promise<Reply> {
  const socket = await tunnel(new URL(proxy), url.hostname, ca);
  const body = json !== undefined ? JSON.stringify(json) : form && new URLSearchParams(form).toString();
  const type = json !== undefined ? "application/json" : "application/x-www-form-urlencoded";
  const authorization = login
    ? `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`
    : token && `Bearer ${token}`;
  try {
    return await new Promise((resolve, reject) => {
      const out = request(url, {
        method,
        defaultPort: 443,
        createConnection: () => socket,
        headers: {
          ...(body !== undefined && { "content-type": type, "content-length": Buffer.byteLength(body) }),
          ...(authorization && { authorization }),
          ...headers,
        },
      });
      out.on("error", reject).on("response", (message) => {
        buffer(message).then((bytes) => {
          const text = bytes.toString("utf8");
          resolve({ status: message.statusCode ?? 0, headers: message.headers, text, json: parsed(text) });
        }, reject);
      });
      out.end(body);
    });
  } finally {
    socket.destroy();
  }
}

function tunnel(proxy: URL, host: string, ca: string) {
  return new Promise<ReturnType<typeof connect>>((resolve, reject) => {
    connectRequest({ host: proxy.hostname, port: proxy.port, method: "CONNECT", path: `${host}:443` })
      .on("connect", (answer, raw) => {
        if (answer.statusCode !== 200) return reject(new Error(`the proxy answers ${answer.statusCode}`));
        const socket = connect({ socket: raw, servername: host, ca }, () => resolve(socket)).on("error", reject);
      })
      .on("error", reject)
      .end();
  });
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined as unknown as Json;
  }
}

/** The claims of a JSON Web Token, unchecked. */
export function claimsOf(token: string): Json {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
}

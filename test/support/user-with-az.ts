import { readFile } from "node:fs/promises";
import { askThrough } from "./ask-through.ts";
import type { Login } from "./logins.ts";
import type { Shell } from "./plugin.ts";

/**
 * Sends the requests of `az acr token credential generate` to ARM: reads a token of the shell's first registry, and generates a password in
 * an empty slot.
 *
 * @returns the login, or undefined if both slots are in use
 */
export async function generatePassword({ azure, env }: Shell, token: string): Promise<Login | undefined> {
  const ca = await readFile(azure.caFile, "utf8");
  const form = {
    grant_type: "client_credentials",
    client_id: env["AZURE_CLIENT_ID"] ?? "",
    client_secret: env["AZURE_CLIENT_SECRET"] ?? "",
    scope: "https://management.azure.com/.default",
  };
  const signIn = new URL(`https://login.microsoftonline.com/${env["AZURE_TENANT_ID"]}/oauth2/v2.0/token`);
  const { json: signedIn } = await askThrough(azure.proxy, ca, "POST", signIn, { form });
  const { subscriptionId, resourceGroup, name } = azure.world.registries[0] ?? {};
  const at = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ContainerRegistry/registries/${name}`;
  const arm = async (method: string, path: string, json?: unknown) => {
    const url = new URL(`https://management.azure.com${at}${path}?api-version=2025-11-01`);
    const { status, text } = await askThrough(azure.proxy, ca, method, url, { token: String(signedIn["access_token"]), json });
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${text}`);
    return JSON.parse(text);
  };
  const { properties } = await arm("GET", `/tokens/${token}`);
  const taken = (properties.credentials?.passwords ?? []).map((one: { name: string }) => one.name);
  const slot = ["password1", "password2"].find((one) => !taken.includes(one));
  if (!slot) return undefined;
  const { passwords } = await arm("POST", "/generateCredentials", { tokenId: `${at}/tokens/${token}`, name: slot });
  return { username: token, password: passwords.find((one: { name: string }) => one.name === slot).value };
}

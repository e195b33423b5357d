import { readFile } from "node:fs/promises";
import type { AzureEmulator } from "../../sandbox/azure/emulator.ts";
import { askThrough } from "./ask-through.ts";

const registry = "https://myregistry.azurecr.io";
const image = { repository: "app/web", reference: "1" };

/** What a consumer has seen: how often it pulled, and each answer that was no image. */
export type Seen = { readonly pulls: number; readonly refused: readonly string[] };

type Login = { readonly username: string; readonly password: string };

/**
 * Somebody who has the same credential, and pulls an image every 50 ms as containerd does: a token for the login, and the manifest.
 * @param login one that he has, or the way to look for it before each pull
 */
export async function consume(
  azure: Pick<AzureEmulator, "proxy" | "caFile">,
  login: Login | (() => Promise<Login>),
  every = 50,
): Promise<{ stop(): Promise<Seen> }> {
  const ca = await readFile(azure.caFile, "utf8");
  const refused: string[] = [];
  let pulls = 0;
  const scope = `repository:${image.repository}:pull`;
  const query = new URLSearchParams({ service: new URL(registry).host, scope });
  async function pull(): Promise<void> {
    const has = typeof login === "function" ? await login() : login;
    const { status, json } = await askThrough(azure.proxy, ca, "GET", new URL(`${registry}/oauth2/token?${query}`), { login: has });
    if (status !== 200) return void refused.push(`token: ${status}`);
    const manifest = new URL(`${registry}/v2/${image.repository}/manifests/${image.reference}`);
    const headers = { accept: "application/vnd.oci.image.manifest.v1+json" };
    const got = await askThrough(azure.proxy, ca, "GET", manifest, { headers, token: String(json.access_token) });
    if (got.status === 200) pulls++;
    else refused.push(`manifest: ${got.status}`);
  }
  const under: Promise<void>[] = [];
  const timer = setInterval(() => void under.push(pull().catch((error: unknown) => void refused.push(String(error)))), every);
  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.all(under);
      return { pulls, refused };
    },
  };
}

import { readFile } from "node:fs/promises";
import type { AzureEmulator } from "../../sandbox/azure/emulator.ts";
import { askThrough, keepTunnels } from "./ask-through.ts";
import type { Login } from "./logins.ts";

const registry = "https://myregistry.azurecr.io";
const image = { repository: "app/web", reference: "1" };

/** The results of a consumer: the number of pulls, the duration of the slowest pull (milliseconds), and each response without an image. */
export type Seen = { readonly pulls: number; readonly slowest: number; readonly refused: readonly string[] };

/** The maximum number of concurrent pulls. */
const most = 20;

/** A client that pulls. `seen` returns the results so far, `settled` waits for the running pulls, `stop` waits for the last one. */
export type Consumer = { seen(): Seen; settled(): Promise<unknown>; stop(): Promise<Seen> };

/**
 * Pulls an image with one credential every 50 ms, with containerd's requests: a token for the login, and the manifest.
 *
 * @param login a login, or a function that returns the login for each pull
 */
export async function consume(
  azure: Pick<AzureEmulator, "proxy" | "caFile">,
  login: Login | (() => Promise<Login>),
  every = 50,
): Promise<Consumer> {
  const ca = await readFile(azure.caFile, "utf8");
  // A handshake costs more than the rest of a pull, and a registry rejects a login on any connection.
  const agent = keepTunnels(azure.proxy, ca);
  const get = (path: string, more: object) => {
    const ask = (through: object) => askThrough(azure.proxy, ca, "GET", new URL(path, registry), { ...through, ...more });
    // A reused connection may have closed at this moment. No response is not a rejection.
    return ask({ agent }).catch(() => ask({}));
  };
  const query = new URLSearchParams({ service: new URL(registry).host, scope: `repository:${image.repository}:pull` });
  const headers = { accept: "application/vnd.oci.image.manifest.v1+json" };
  const refused: string[] = [];
  let [pulls, slowest] = [0, 0];

  /** @returns the problem, or undefined */
  async function pull(): Promise<string | undefined> {
    const has = typeof login === "function" ? await login() : login;
    const { status, json } = await get(`/oauth2/token?${query}`, { login: has });
    if (status !== 200) return `token: ${status}`;
    const got = await get(`/v2/${image.repository}/manifests/${image.reference}`, { headers, token: String(json.access_token) });
    return got.status === 200 ? undefined : `manifest: ${got.status}`;
  }

  async function counted(): Promise<void> {
    const began = Date.now();
    const wrong = await pull().catch((error: Error) => `${error} ${error.cause ?? ""}`);
    const took = Date.now() - began;
    slowest = Math.max(slowest, took);
    if (wrong === undefined) pulls++;
    else refused.push(`${wrong}, ${took} ms after the look`);
  }

  const under = new Set<Promise<void>>();
  const timer = setInterval(() => {
    // If responses are slow, more requests would make them slower.
    if (under.size >= most) return;
    const one: Promise<void> = counted().finally(() => under.delete(one));
    under.add(one);
  }, every);
  const seen = () => ({ pulls, slowest, refused });
  return {
    seen,
    settled: () => Promise.all(under),
    stop: async () => {
      clearInterval(timer);
      await Promise.all(under);
      agent.destroy();
      return seen();
    },
  };
}

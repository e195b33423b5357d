import type { Json, Reply } from "../../support/ask-through.ts";
import { audiences, registryId, type TestAzure } from "./world.ts";

/** Returns functions that send ARM requests as an Owner of the registry. */
export function asOwner(azure: TestAzure) {
  const arm = (method: string, path: string, json?: unknown): Promise<Reply> =>
    azure.arm(azure.owner, method, `${registryId}${path}`, json);
  const pulls = { properties: { scopeMapId: `${registryId}/scopeMaps/_repositories_pull` } };
  const follow = async (url: string | string[] | undefined): Promise<Reply> =>
    azure.ask("GET", String(url), { token: await azure.accessToken(azure.owner, audiences.arm) });
  /** Creates a token and polls it once, which completes its creation. */
  const makeToken = async (name: string): Promise<void> => {
    await arm("PUT", `/tokens/${name}`, pulls);
    await arm("GET", `/tokens/${name}`);
  };
  const generate = async (request: Record<string, string>): Promise<Json> => (await arm("POST", "/generateCredentials", request)).json;
  return { arm, pulls, follow, makeToken, generate };
}

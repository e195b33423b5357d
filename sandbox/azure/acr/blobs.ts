import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { type Ask, send } from "../http.ts";
import { ownToken } from "../registry-process.ts";
import type { State } from "../state.ts";
import type { Registry } from "../world.ts";

/** Returns the host that serves a registry's layers. It accepts a signed URL and no login. */
export function dataHost({ name, location }: Registry): string {
  return `${name.toLowerCase()}.${location}.data.azurecr.io`;
}

/** Redirects the caller to the data host with a signed URL, as ACR does. Returns false if the blob does not exist. */
export async function redirectToData(
  response: ServerResponse,
  state: State,
  registry: Registry,
  { repository, reference: digest }: { repository: string; reference: string },
): Promise<boolean> {
  const { message } = await state.store.ask(registry, { method: "HEAD", path: `/v2/${repository}/blobs/${digest}` }, repository);
  if (message.statusCode !== 200) return false;
  const signature = await state.acr.sign({ aud: dataHost(registry), repository, digest }, 600);
  send(response, { status: 307, headers: { location: `https://${dataHost(registry)}/${digest}?sig=${signature}` } });
  return true;
}

/** Serves the data host: returns a blob for a signed URL, and rejects a signed URL that is sent together with a login. */
export async function blobs(ask: Ask, response: ServerResponse, state: State, registry: Registry): Promise<void> {
  if (ask.headers.authorization !== undefined)
    return send(response, { status: 400, body: Buffer.from("<Error><Code>InvalidAuthenticationInfo</Code></Error>") });
  const claims = await state.acr.verify(ask.query.get("sig") ?? "");
  const refused =
    typeof claims === "string" || claims.aud !== ask.host || ask.path !== `/${claims.digest}` || !["GET", "HEAD"].includes(ask.method);
  if (refused) return send(response, { status: 403, body: Buffer.from("<Error><Code>AuthenticationFailed</Code></Error>") });
  const repository = String(claims.repository);
  const headers = {
    authorization: `Bearer ${await ownToken(state.acr, registry, repository)}`,
    ...(ask.headers.range !== undefined && { range: ask.headers.range }),
  };
  const answer = await state.store.open(registry, {
    method: ask.method,
    path: `/v2/${repository}/blobs/${String(claims.digest)}`,
    headers,
  });
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  await pipeline(answer, response);
}

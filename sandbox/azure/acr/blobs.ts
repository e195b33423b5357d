import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { type Ask, send } from "../http.ts";
import { ownToken } from "../registry-process.ts";
import type { State } from "../state.ts";
import { dataHost, type Registry } from "../world.ts";

/** Redirects the caller to the data host with a signed URL, as ACR does. Returns false if the blob does not exist. */
export async function redirectToData(
  response: ServerResponse,
  state: State,
  registry: Registry,
  { repository, reference: digest }: { repository: string; reference: string },
): Promise<boolean> {
  const { message } = await state.store.ask(registry, { method: "HEAD", path: `/v2/${repository}/blobs/${digest}` }, repository);
  if (message.statusCode !== 200) return false;
  const signature = await state.acr.sign({ aud: dataHost(registry), registry: registry.loginServer, repository, digest }, 600);
  send(response, { status: 307, headers: { location: `https://${dataHost(registry)}/${digest}?sig=${signature}` } });
  return true;
}

/** Serves the data host: returns a blob for a signed URL, and rejects a signed URL that is sent together with a login. */
export async function blobs(ask: Ask, response: ServerResponse, state: State): Promise<void> {
  if (ask.headers.authorization !== undefined) return send(response, storageError(400, "InvalidAuthenticationInfo"));
  const claims = await state.acr.verify(ask.query.get("sig") ?? "");
  if (typeof claims === "string") return send(response, storageError(403, "AuthenticationFailed"));
  const registry = state.world.registries.find(({ loginServer }) => loginServer === claims.registry);
  const refused = claims.aud !== ask.host || ask.path !== `/${claims.digest}` || !["GET", "HEAD"].includes(ask.method);
  if (refused || !registry) return send(response, storageError(403, "AuthenticationFailed"));
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

/** The error of Azure Storage (REST API, "Status and error codes"). */
const storageError = (status: number, code: string) => ({
  status,
  headers: { "content-type": "application/xml" },
  body: Buffer.from(`<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code></Error>`),
});

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { struck } from "../front.ts";
import { type Answer, type Ask, readAsk, send } from "../http.ts";
import type { State } from "../state.ts";
import { resourceIn } from "./identity.ts";

/** The service that issues tokens for a virtual machine's identities (IMDS), in Azure at http://169.254.169.254. */
type MetadataService = { readonly url: string; stop(): Promise<void> };

export async function startMetadataService(state: State): Promise<MetadataService> {
  const server = createServer(async (request, response) => {
    const host = "169.254.169.254";
    const call = state.calls.add({ method: request.method ?? "", host, path: request.url ?? "", status: 0, userAgent: "" });
    response.on("finish", () => {
      call.status = response.statusCode;
    });
    await struck(state, call, async () => send(response, await token(await readAsk(request, host), state)))(request, response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** GET /metadata/identity/oauth2/token (learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token). */
async function token({ method, path, query, headers }: Ask, { world, entra }: State): Promise<Answer> {
  if (method !== "GET" || !/^\/metadata\/identity\/oauth2\/token\/?$/.test(path)) return { status: 404 };
  if (headers.metadata?.toString().toLowerCase() !== "true") return refuse("invalid_request", "Required metadata header not specified");
  // A request through a proxy may come from another machine.
  if (headers["x-forwarded-for"] !== undefined) return refuse("invalid_request", "Required metadata header not specified");
  if (query.get("api-version") !== "2018-02-01") return refuse("invalid_request", "Invalid api-version specified");
  const resource = query.get("resource") ?? "";
  if (!resourceIn(world, resource)) {
    const words = `AADSTS500011: The resource principal named ${resource} was not found in the tenant named ${world.tenantId}.`;
    return refuse("invalid_resource", words);
  }
  const clientId = query.get("client_id");
  const own = world.managedIdentities.filter((one) => clientId === null || one.clientId === clientId);
  const [identity, second] = own;
  if (!identity) return refuse("invalid_request", "Identity not found");
  if (second) return refuse("invalid_request", "Multiple user assigned identities exist, please specify the clientId / resourceId");
  const { objectId: oid, tenantId: tid, resourceId } = identity;
  const lifetime = 86_399;
  const claims = { iss: `https://sts.windows.net/${tid}/`, idp: `https://sts.windows.net/${tid}/`, tid, ver: "1.0", aud: resource };
  const who = { appid: identity.clientId, appidacr: "2", idtyp: "app", oid, sub: oid, xms_mirid: resourceId };
  const now = Math.floor(Date.now() / 1000);
  const times = { expires_in: `${lifetime}`, expires_on: `${now + lifetime}`, ext_expires_in: `${lifetime}`, not_before: `${now}` };
  const access_token = await entra.sign({ ...claims, ...who }, lifetime);
  return { status: 200, body: { access_token, client_id: identity.clientId, ...times, resource, token_type: "Bearer" } };
}

const refuse = (error: string, error_description: string): Answer => ({ status: 400, body: { error, error_description } });

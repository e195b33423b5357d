import { readIdentity, resourceOf } from "../entra/identity.ts";
import { type Answer, type Ask, bearer } from "../http.ts";
import type { State } from "../state.ts";
import { applications } from "./applications.ts";
import { tenantPolicy } from "./policies.ts";
import { type GraphAsk, refuseGraph } from "./request.ts";
import { servicePrincipals } from "./service-principals.ts";

const collection = /^\/v1\.0\/(applications|servicePrincipals)(\(appId='[^']+'\)|\/[^/]+)?(?:\/([A-Za-z]+(?:\/[^/]+)?))?$/;

/** The headers of OData responses. */
const odata = {
  "content-type": "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
  "odata-version": "4.0",
};

/** Microsoft Graph v1.0: applications and service principals. */
export async function graph(ask: Ask, state: State): Promise<Answer> {
  const answer = await answered(ask, state);
  return answer.body === undefined ? answer : { ...answer, headers: { ...odata, ...answer.headers } };
}

async function answered(ask: Ask, state: State): Promise<Answer> {
  const asked = await identify(ask, state);
  const [, name, which = "", action = ""] = collection.exec(ask.path) ?? [];
  const one = which.replace(/^\//, "");
  if (name === "applications") return applications(asked, one, action);
  if (name === "servicePrincipals") return servicePrincipals(asked, one, action);
  if (`${ask.method} ${ask.path}` === "GET /v1.0/policies/defaultAppManagementPolicy") return tenantPolicy(asked);
  return refuseGraph(400, "BadRequest", `Resource not found for the segment '${ask.path.split("/")[2] ?? ""}'.`);
}

async function identify(ask: Ask, state: State): Promise<GraphAsk> {
  const token = bearer(ask.headers);
  if (token === undefined) return refuseGraph(401, "InvalidAuthenticationToken", "Access token is empty.");
  const identity = await readIdentity(state.entra, token);
  if ("wrong" in identity) {
    const why = identity.wrong === "expired" ? "Lifetime validation failed, the token is expired." : "CompactToken validation failed.";
    return refuseGraph(401, "InvalidAuthenticationToken", why);
  }
  if (resourceOf(identity.audience) !== "graph")
    return refuseGraph(401, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience.");
  const { servicePrincipals: principals, users } = state.world;
  const who = principals.find(({ id }) => id === identity.principalId) ?? users.find(({ id }) => id === identity.principalId);
  return { ask, state, identity, roles: who?.graphRoles ?? [] };
}

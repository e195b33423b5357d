import { randomUUID } from "node:crypto";
import { listOf, nullable, object, oneOf, text } from "../fields.ts";
import type { Answer } from "../http.ts";
import type { Application } from "../world.ts";
import { body, type GraphAsk, list, mayRead, mayWrite, refuseGraph, resourceMissing, select } from "./request.ts";
import { addPassword, removePassword, secretBody } from "./secrets.ts";

const fields = {
  displayName: text,
  notes: nullable(text),
  signInAudience: oneOf("AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount"),
};

/** /v1.0/applications: `which` is an object id or `(appId='…')`, `action` what stands behind it. */
export function applications(graph: GraphAsk, which: string, action: string): Answer {
  const { ask, state } = graph;
  const mine = state.world.applications.filter((one) => one.tenantId === graph.identity.tenantId);
  const route = `${ask.method} ${which ? "one" : "all"}${action && `/${action}`}`;
  if (route === "GET all") {
    mayRead(graph);
    return list(graph, "applications", mine, applicationBody);
  }
  if (route === "POST all") return create(graph);
  const byAppId = /^\(appId='([^']+)'\)$/i.exec(which)?.[1];
  mayRead(graph);
  const application =
    mine.find((one) => (byAppId === undefined ? one.id === which : one.appId === byAppId)) ?? resourceMissing(byAppId ?? which);
  if (route === "GET one") return { status: 200, body: select(ask, applicationBody(application)) };
  mayWrite(graph, application.owners);
  if (route === "POST one/addPassword") return addPassword(graph, application.secrets);
  if (route === "POST one/removePassword") return removePassword(graph, application.secrets);
  if (route === "PATCH one") {
    Object.assign(application, body<Partial<Application>>(graph, object(fields)));
    return { status: 204 };
  }
  if (route === "DELETE one") {
    state.world.applications = state.world.applications.filter((one) => one !== application);
    // Its service principal goes with it, as Graph does in the home tenant.
    state.world.servicePrincipals = state.world.servicePrincipals.filter((one) => one.appId !== application.appId);
    return { status: 204 };
  }
  return refuseGraph(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.");
}

function create(graph: GraphAsk): Answer {
  mayWrite(graph);
  type Wanted = { displayName: string; notes?: string | null; signInAudience?: string };
  const { displayName: _, ...optional } = fields;
  const none = listOf((_value, at) => `'${at}' is not supported here`);
  const wanted = body<Wanted>(graph, object({ "displayName!": text, ...optional, keyCredentials: none, passwordCredentials: none }));
  const application: Application = {
    id: randomUUID(),
    appId: randomUUID(),
    tenantId: graph.identity.tenantId,
    createdDateTime: new Date().toISOString(),
    displayName: wanted.displayName,
    notes: wanted.notes ?? null,
    signInAudience: wanted.signInAudience ?? "AzureADMyOrg",
    secrets: [],
    certificates: [],
    owners: [graph.identity.principalId],
    since: Date.now(),
  };
  graph.state.world.applications.push(application);
  return { status: 201, body: applicationBody(application) };
}

/** Microsoft Graph application. */
function applicationBody({ id, appId, createdDateTime, displayName, notes, signInAudience, secrets }: Application) {
  return {
    id,
    appId,
    createdDateTime,
    displayName,
    notes,
    signInAudience,
    identifierUris: [],
    keyCredentials: [],
    passwordCredentials: secrets.map(secretBody),
  };
}

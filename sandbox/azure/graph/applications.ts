import { randomUUID } from "node:crypto";
import { listOf, nullable, object, oneOf, text } from "../fields.ts";
import type { Answer } from "../http.ts";
import { inSeconds, preciseNow } from "../time.ts";
import { type Application, timeIn } from "../world.ts";
import { applicationPolicies } from "./policies.ts";
import { body, entity, type GraphAsk, list, locationOf, mayRead, mayWrite, named, ownersOf, refuseGraph, select } from "./request.ts";
import { addPassword, keyBody, removePassword, secretBody } from "./secrets.ts";

const fields = {
  displayName: text,
  notes: nullable(text),
  signInAudience: oneOf("AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount"),
};

/** /v1.0/applications: `which` is an object id or `(appId='…')`, `action` is the rest of the path. */
export function applications(graph: GraphAsk, which: string, action: string): Answer {
  const { ask, state } = graph;
  // A new application is not found at first, neither by reads nor by changes.
  const known = (one: Application) => ask.method === "DELETE" || state.faults.replicated("principals", one.since);
  const mine = state.world.applications.filter((one) => one.tenantId === graph.identity.tenantId && known(one));
  const route = `${ask.method} ${which ? "one" : "all"}${action && `/${action}`}`;
  if (route === "GET all") {
    mayRead(graph);
    return list(graph, "applications", mine, (one) => applicationBody(graph, one));
  }
  if (route === "POST all") return create(graph);
  mayRead(graph);
  const application = named(which, mine);
  if (route === "GET one")
    return { status: 200, body: { ...entity(graph, "applications"), ...select(ask, applicationBody(graph, application)) } };
  if (route === "GET one/owners") return ownersOf(graph, application.owners);
  if (route === "GET one/federatedIdentityCredentials") return federatedCredentials(graph, application);
  if (route === "GET one/appManagementPolicies") return applicationPolicies(graph, application);
  mayWrite(graph, application.owners);
  refuseConcurrent(graph, application);
  const answer = write(graph, route, application);
  application.writtenAt = Date.now();
  return answer;
}

function write(graph: GraphAsk, route: string, application: Application): Answer {
  const { world } = graph.state;
  if (route === "POST one/addPassword") return addPassword(graph, application.secrets, application);
  if (route === "POST one/removePassword") return removePassword(graph, application.secrets, application.displayName);
  if (route === "PATCH one") {
    Object.assign(application, body<Partial<Application>>(graph, object(fields)));
    return { status: 204 };
  }
  if (route === "DELETE one") {
    world.applications = world.applications.filter((one) => one !== application);
    // Graph deletes the service principal in the home tenant together with its application.
    world.servicePrincipals = world.servicePrincipals.filter((one) => one.appId !== application.appId);
    return { status: 204 };
  }
  return refuseGraph(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.");
}

/** Graph rejects a write to an application while it replicates the previous write. */
function refuseConcurrent({ state: { world } }: GraphAsk, { writtenAt = 0 }: Application): void {
  if (Date.now() - writtenAt >= world.graphWriteGap) return;
  refuseGraph(409, "Directory_ConcurrencyViolation", "The object was changed by another request. Please wait briefly and retry.");
}

function federatedCredentials({ ask }: GraphAsk, { id: application, federated = [] }: Application): Answer {
  const context = `https://${ask.host}/v1.0/$metadata#applications('${application}')/federatedIdentityCredentials`;
  const value = federated.map(({ id, name, issuer, subject, audience }) => {
    return { id, name, issuer, subject, description: null, audiences: [audience] };
  });
  return { status: 200, body: { "@odata.context": context, value } };
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
    createdDateTime: preciseNow(),
    displayName: wanted.displayName,
    notes: wanted.notes ?? null,
    signInAudience: wanted.signInAudience ?? "AzureADMyOrg",
    secrets: [],
    certificates: [],
    owners: [graph.identity.principalId],
    since: timeIn(graph.state.world),
  };
  graph.state.world.applications.push(application);
  return {
    status: 201,
    headers: locationOf(graph, application.id, "Application"),
    body: { ...entity(graph, "applications"), ...applicationBody(graph, application), createdDateTime: application.createdDateTime },
  };
}

/** Microsoft Graph application. A secret appears in the list once it is replicated. A count right after a change is therefore wrong. */
function applicationBody({ state: { faults } }: GraphAsk, application: Application) {
  const { id, appId, tenantId, createdDateTime, displayName, notes, signInAudience, secrets } = application;
  return {
    id,
    deletedDateTime: null,
    appId,
    applicationTemplateId: null,
    disabledByMicrosoftStatus: null,
    createdDateTime: inSeconds(createdDateTime),
    displayName,
    description: null,
    groupMembershipClaims: null,
    identifierUris: [],
    isDeviceOnlyAuthSupported: null,
    isFallbackPublicClient: null,
    notes,
    publisherDomain: `${tenantId.slice(0, 8)}.onmicrosoft.com`,
    serviceManagementReference: null,
    signInAudience,
    tags: [],
    tokenEncryptionKeyId: null,
    keyCredentials: application.certificates.map(keyBody),
    passwordCredentials: secrets.filter(({ since }) => faults.replicated("secrets", since, displayName)).map(secretBody),
  };
}

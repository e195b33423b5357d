import { randomUUID } from "node:crypto";
import { flag, object, text } from "../fields.ts";
import type { Answer } from "../http.ts";
import { inSeconds, preciseNow } from "../time.ts";
import { type ServicePrincipal, timeIn } from "../world.ts";
import {
  body,
  denied,
  entity,
  type GraphAsk,
  list,
  locationOf,
  mayRead,
  mayWrite,
  named,
  ownersOf,
  refuseGraph,
  select,
} from "./request.ts";
import { addPassword, removePassword, secretBody } from "./secrets.ts";

/** /v1.0/servicePrincipals: `which` is an object id or `(appId='…')`, `action` is the rest of the path. */
export function servicePrincipals(graph: GraphAsk, which: string, action: string): Answer {
  const { ask, state } = graph;
  const mine = state.world.servicePrincipals.filter((one) => one.tenantId === graph.identity.tenantId);
  const route = `${ask.method} ${which ? "one" : "all"}${action && `/${action}`}`;
  if (route === "GET all") {
    mayRead(graph);
    return list(graph, "servicePrincipals", mine, principalBody);
  }
  if (route === "POST all") return create(graph);
  mayRead(graph);
  const principal = named(which, mine);
  if (route === "GET one")
    return { status: 200, body: { ...entity(graph, "servicePrincipals"), ...select(ask, principalBody(principal)) } };
  if (route === "GET one/owners") return ownersOf(graph, principal.owners ?? []);
  mayWrite(graph, state.world.applications.find((one) => one.appId === principal.appId)?.owners ?? []);
  return write(graph, route, principal);
}

function write(graph: GraphAsk, route: string, principal: ServicePrincipal): Answer {
  const { state } = graph;
  if (route === "POST one/addPassword") return addPassword(graph, principal.secrets);
  if (route === "POST one/removePassword") return removePassword(graph, principal.secrets, principal.displayName);
  if (route === "DELETE one") {
    state.world.servicePrincipals = state.world.servicePrincipals.filter((one) => one !== principal);
    return { status: 204 };
  }
  return refuseGraph(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.");
}

function create(graph: GraphAsk): Answer {
  const { world, faults } = graph.state;
  const { appId, accountEnabled = true } = body<{ appId: string; accountEnabled?: boolean }>(
    graph,
    object({ "appId!": text, accountEnabled: flag }),
  );
  const application = world.applications.find((one) => one.appId === appId && one.tenantId === graph.identity.tenantId);
  mayWrite(graph, application?.owners);
  if (!application || !faults.replicated("principals", application.since)) {
    // Requests reach one server or another. The servers return different errors for an application that is not replicated yet.
    if (application) application.missed = (application.missed ?? 0) + 1;
    if (application && (application.missed ?? 0) % 2 === 1) return denied();
    return refuseGraph(
      400,
      "Request_BadRequest",
      `The appId '${appId}' of the service principal does not reference a valid application object.`,
    );
  }
  if (world.servicePrincipals.some((one) => one.appId === appId)) {
    return refuseGraph(
      409,
      "Request_MultipleObjectsWithSameKeyValue",
      `The service principal cannot be created, updated, or restored because the service principal name ${appId} is already in use.`,
    );
  }
  const principal: ServicePrincipal = {
    id: randomUUID(),
    appId,
    tenantId: application.tenantId,
    displayName: application.displayName,
    accountEnabled,
    secrets: [],
    graphRoles: [],
    owners: [graph.identity.principalId],
    createdDateTime: preciseNow(),
    signInAudience: application.signInAudience,
    since: timeIn(graph.state.world),
  };
  world.servicePrincipals.push(principal);
  return {
    status: 201,
    headers: locationOf(graph, principal.id, "ServicePrincipal"),
    body: { ...entity(graph, "servicePrincipals"), ...principalBody(principal), createdDateTime: principal.createdDateTime },
  };
}

/** Microsoft Graph servicePrincipal. */
function principalBody(principal: ServicePrincipal) {
  const { id, appId, displayName, accountEnabled, secrets, tenantId, createdDateTime, signInAudience } = principal;
  return {
    id,
    deletedDateTime: null,
    accountEnabled,
    alternativeNames: principal.alternativeNames ?? [],
    appDisplayName: displayName,
    appDescription: null,
    appId,
    applicationTemplateId: null,
    appOwnerOrganizationId: tenantId,
    appRoleAssignmentRequired: false,
    createdDateTime: createdDateTime === undefined ? null : inSeconds(createdDateTime),
    description: null,
    disabledByMicrosoftStatus: null,
    displayName,
    homepage: null,
    notes: null,
    replyUrls: [],
    servicePrincipalNames: [appId],
    servicePrincipalType: principal.type ?? "Application",
    signInAudience: signInAudience ?? "AzureADMyOrg",
    tags: [],
    keyCredentials: [],
    passwordCredentials: secrets.map(secretBody),
  };
}

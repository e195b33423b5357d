import { randomUUID } from "node:crypto";
import type { Identity } from "../entra/identity.ts";
import type { Shape } from "../fields.ts";
import { type Answer, type Ask, mediaType, Refused } from "../http.ts";
import type { State } from "../state.ts";
import type { GraphRole } from "../world.ts";

/** A request to Microsoft Graph from a known caller, with the permissions in the caller's token. */
export type GraphAsk = { readonly ask: Ask; readonly state: State; readonly identity: Identity; readonly roles: readonly GraphRole[] };

/** Rejects a request with Graph's error format. */
export function refuseGraph(status: number, code: string, message: string): never {
  const id = randomUUID();
  const innerError = { date: new Date().toISOString().slice(0, 19), "request-id": id, "client-request-id": id };
  throw new Refused({
    status,
    headers: { "request-id": id, "content-type": "application/json" },
    body: { error: { code, message, innerError } },
  });
}

/** Rejects callers that may not read applications and service principals. */
export function mayRead({ roles }: GraphAsk): void {
  if (!roles.some((role) => role.startsWith("Application."))) denied();
}

/** Rejects callers that may not change an object with these owners. Without owners: callers that may not create an object. */
export function mayWrite({ roles, identity }: GraphAsk, owners?: readonly string[]): void {
  if (roles.includes("Application.ReadWrite.All")) return;
  if (roles.includes("Application.ReadWrite.OwnedBy") && (owners?.includes(identity.principalId) ?? true)) return;
  denied();
}

export function denied(): never {
  return refuseGraph(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
}

function resourceMissing(id: string): never {
  return refuseGraph(
    404,
    "Request_ResourceNotFound",
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  );
}

/** Returns the JSON body of a request after it has checked the shape. */
export function body<T>({ ask }: GraphAsk, shape: Shape): T {
  if (mediaType(ask.headers) !== "application/json")
    refuseGraph(400, "Request_BadRequest", "A content type of application/json is required.");
  let value: unknown;
  try {
    value = JSON.parse(ask.body.toString("utf8"));
  } catch {
    return refuseGraph(
      400,
      "BadRequest",
      "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.",
    );
  }
  const wrong = shape(value, "");
  if (wrong) refuseGraph(400, "Request_BadRequest", `One or more properties are invalid: ${wrong}.`);
  return value as T;
}

/** Returns the OData properties of a response with a single object. */
export function entity({ ask }: GraphAsk, collection: string): { "@odata.context": string } {
  const columns = ask.query.get("$select");
  return { "@odata.context": `https://${ask.host}/v1.0/$metadata#${collection}${columns ? `(${columns})` : ""}/$entity` };
}

/** Returns the Location of a new object in Graph's format. The URL cannot be requested. */
export function locationOf({ ask, identity }: GraphAsk, id: string, kind: string): Record<string, string> {
  return { location: `https://${ask.host}/v2/${identity.tenantId}/directoryObjects/${id}/Microsoft.DirectoryServices.${kind}` };
}

type Named = { readonly appId: string; readonly displayName: string };

const filters: readonly [RegExp, (wanted: string) => (one: Named) => boolean][] = [
  [/^appId eq '([^']*)'$/i, (wanted) => (one) => one.appId === wanted],
  [/^servicePrincipalNames\/any\(c:\s?c eq '([^']*)'\)$/i, (wanted) => (one) => one.appId === wanted],
  [/^displayName eq '([^']*)'$/i, (wanted) => (one) => one.displayName.toLowerCase() === wanted.toLowerCase()],
  [/^startswith\(displayName,\s?'([^']*)'\)$/i, (wanted) => (one) => one.displayName.toLowerCase().startsWith(wanted.toLowerCase())],
];

/** Returns the object in a path, named by its object id or as `(appId='…')`. @throws Refused if it does not exist */
export function named<T extends { readonly id: string; readonly appId: string }>(which: string, all: readonly T[]): T {
  const byAppId = /^\(appId='([^']+)'\)$/i.exec(which)?.[1];
  return all.find((one) => (byAppId === undefined ? one.id === which : one.appId === byAppId)) ?? resourceMissing(byAppId ?? which);
}

/** Returns a list after it has applied $filter and $select. */
export function list<T extends Named>(
  { ask }: GraphAsk,
  collection: string,
  items: readonly T[],
  toBody: (item: T) => Record<string, unknown>,
): Answer {
  const filter = ask.query.get("$filter");
  let wanted = items;
  if (filter !== null) {
    const test = filters.map(([pattern, make]) => [pattern.exec(filter)?.[1], make] as const).find(([match]) => match !== undefined);
    if (!test) return refuseGraph(400, "Request_UnsupportedQuery", `Unsupported query: ${filter}`);
    wanted = items.filter(test[1](test[0] ?? ""));
  }
  const value = wanted.map((item) => select(ask, toBody(item)));
  return { status: 200, body: { "@odata.context": `https://${ask.host}/v1.0/$metadata#${collection}`, value } };
}

/** Returns the owners of a directory object: users and service principals, each with its type. */
export function ownersOf({ ask, state: { world } }: GraphAsk, owners: readonly string[]): Answer {
  const value = owners.map((id) => {
    const isUser = world.users.some((one) => one.id === id);
    return { "@odata.type": `#microsoft.graph.${isUser ? "user" : "servicePrincipal"}`, ...select(ask, { id }) };
  });
  const columns = ask.query.get("$select");
  const shown = columns ? `directoryObjects(${columns})` : "directoryObjects";
  return { status: 200, body: { "@odata.context": `https://${ask.host}/v1.0/$metadata#${shown}`, value } };
}

/** Returns the properties that $select names, or all without $select. */
export function select(ask: Ask, item: Record<string, unknown>): Record<string, unknown> {
  const names = ask.query.get("$select")?.split(",");
  return names ? Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name))) : item;
}

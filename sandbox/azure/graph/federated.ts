import { randomUUID } from "node:crypto";
import { type CredentialFields, type FederatedCredential, maximumCredentials, wrongCredential } from "../federation.ts";
import { listOf, nullable, object, text } from "../fields.ts";
import type { Answer } from "../http.ts";
import { type Application, timeIn } from "../world.ts";
import { body, type GraphAsk, refuseGraph } from "./request.ts";

/** /v1.0/applications/{id}/federatedIdentityCredentials: `which` is an id or a name. */
export function federatedCredentials(graph: GraphAsk, application: Application, which: string): Answer {
  const { ask } = graph;
  const context = `https://${ask.host}/v1.0/$metadata#applications('${application.id}')/federatedIdentityCredentials`;
  const there = application.federated ?? [];
  if (which === "") {
    if (ask.method === "POST") return create(graph, application, `${context}/$entity`);
    return { status: 200, body: { "@odata.context": context, value: there.map(bodyOf) } };
  }
  const found = there.find(({ id, name }) => id === which || name === which);
  if (!found) {
    const words = `Resource '${which}' does not exist or one of its queried reference-property objects are not present.`;
    return refuseGraph(404, "Request_ResourceNotFound", words);
  }
  if (ask.method === "GET") return { status: 200, body: { "@odata.context": `${context}/$entity`, ...bodyOf(found) } };
  if (ask.method !== "DELETE")
    return refuseGraph(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.");
  application.federated = there.filter((one) => one !== found);
  return { status: 204 };
}

function create(graph: GraphAsk, application: Application, context: string): Answer {
  const shape = object({ "name!": text, "issuer!": text, "subject!": text, "audiences!": listOf(text), description: nullable(text) });
  const { name, description = null, ...fields } = body<CredentialFields & { name: string; description?: string | null }>(graph, shape);
  const there = application.federated ?? [];
  if (there.some((one) => one.name === name))
    return refuseGraph(409, "Request_MultipleObjectsWithSameKeyValue", `FederatedIdentityCredential with name ${name} already exists.`);
  const wrong = wrongCredential(there, name, fields);
  const twin = "A FederatedIdentityCredential with the same issuer and subject already exists.";
  if (wrong === "twin") return refuseGraph(400, "InvalidFederatedIdentityCredentialValue", twin);
  // No recording shows the code of a full application, nor of an invalid field.
  if (wrong === "full") return refuseGraph(400, "Request_BadRequest", `The maximum of ${maximumCredentials} credentials is reached.`);
  if (wrong) return refuseGraph(400, "Request_BadRequest", `One or more properties are invalid: ${wrong}.`);
  const { issuer, subject, audiences } = fields;
  const since = timeIn(graph.state.world);
  const credential = { id: randomUUID(), name, issuer, subject, audience: audiences[0] ?? "", description, since };
  application.federated = [...there, credential];
  return { status: 201, body: { "@odata.context": context, ...bodyOf(credential) } };
}

const bodyOf = ({ id, name, issuer, subject, audience, description = null }: FederatedCredential) => ({
  id,
  name,
  issuer,
  subject,
  description,
  audiences: [audience],
});

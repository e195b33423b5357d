import { X509Certificate } from "node:crypto";
import { instant, nullable, object, text } from "../fields.ts";
import type { Answer } from "../http.ts";
import { newClientSecret } from "../secrets.ts";
import { type Application, type ClientSecret, timeIn } from "../world.ts";
import { refuseByPolicy } from "./policies.ts";
import { body, type GraphAsk, refuseGraph } from "./request.ts";

const shape = object({
  passwordCredential: object({
    displayName: nullable(text),
    startDateTime: nullable(instant),
    endDateTime: nullable(instant),
    customKeyIdentifier: nullable(text),
  }),
});

/** POST …/addPassword: the only response that ever contains the secret. @param application that it is added to */
export function addPassword(graph: GraphAsk, secrets: ClientSecret[], application?: Application): Answer {
  type Wanted = { passwordCredential?: { displayName?: string | null; startDateTime?: string | null; endDateTime?: string | null } };
  const { displayName, startDateTime, endDateTime } = body<Wanted>(graph, shape).passwordCredential ?? {};
  const start = startDateTime ?? new Date().toISOString();
  const end = endDateTime ?? twoYearsAfter(start);
  if (Date.parse(end) <= Date.parse(start)) return refuseGraph(400, "Request_BadRequest", "Key credential end date is invalid.");
  if (application) refuseByPolicy(graph, application, start, end);
  const secret = { ...newClientSecret(displayName ?? null, start, end), since: timeIn(graph.state.world) };
  secrets.push(secret);
  return {
    status: 200,
    // Graph's Location here points to no object, and does not announce a pending operation.
    headers: { location: `https://${graph.ask.host}` },
    body: {
      "@odata.context": `https://${graph.ask.host}/v1.0/$metadata#microsoft.graph.passwordCredential`,
      ...secretBody(secret),
      secretText: secret.value,
    },
  };
}

/** POST …/removePassword: removes one secret, named by its keyId. @param displayName of the object that owns the secret */
export function removePassword(graph: GraphAsk, secrets: ClientSecret[], displayName: string): Answer {
  const { keyId } = body<{ keyId: string }>(graph, object({ "keyId!": text }));
  const known = ({ since }: ClientSecret) => graph.state.faults.replicated("secrets", since, displayName);
  const at = secrets.findIndex((secret) => secret.keyId === keyId && known(secret));
  if (at < 0) return refuseGraph(400, "Request_BadRequest", `No password credential found with keyId '${keyId}'.`);
  secrets.splice(at, 1);
  return { status: 204 };
}

/** Microsoft Graph passwordCredential without its secret. */
export function secretBody({ keyId, displayName, startDateTime, endDateTime, value }: ClientSecret) {
  return { customKeyIdentifier: null, displayName, endDateTime, hint: value.slice(0, 3), keyId, secretText: null, startDateTime };
}

/** Microsoft Graph keyCredential of a certificate without the key. */
export function keyBody(pem: string) {
  const { fingerprint, subject, validFrom, validTo } = new X509Certificate(pem);
  const thumbprint = fingerprint.replaceAll(":", "");
  return {
    customKeyIdentifier: thumbprint,
    displayName: subject,
    endDateTime: new Date(validTo).toISOString(),
    key: null,
    keyId: thumbprint.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5"),
    startDateTime: new Date(validFrom).toISOString(),
    type: "AsymmetricX509Cert",
    usage: "Verify",
  };
}

function twoYearsAfter(start: string): string {
  const end = new Date(start);
  end.setUTCFullYear(end.getUTCFullYear() + 2);
  return end.toISOString();
}

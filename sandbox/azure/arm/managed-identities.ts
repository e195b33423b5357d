import { randomUUID } from "node:crypto";
import type { FederatedCredential, UserAssignedIdentity } from "../federation.ts";
import { anything, listOf, object, text } from "../fields.ts";
import type { Answer } from "../http.ts";
import { createIdentity, deleteIdentity } from "../identities.ts";
import { timeIn } from "../world.ts";
import { type ArmAsk, authorize, body, page, refuse, same } from "./request.ts";
import { routesOf } from "./route.ts";

const type = "Microsoft.ManagedIdentity/userAssignedIdentities";
const identities = routesOf(type, ["2023-01-31"]);
const path = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{identity}";
const child = "federatedIdentityCredentials";

/** Microsoft.ManagedIdentity 2023-01-31 (azure-rest-api-specs), with the federated credentials of its identities. */
export const managedIdentityRoutes = [
  identities("GET", path, (arm) => ({ status: 200, body: identityBody(identityRead(arm, "read")) })),
  identities("PUT", path, put),
  identities("DELETE", path, (arm) => {
    const there = find(arm, "delete");
    if (!there) return { status: 204 };
    deleteIdentity(arm.state.world, there);
    return { status: 200 };
  }),
  identities("GET", `${path}/${child}`, (arm) => {
    const identity = identityRead(arm, `${child}/read`);
    return {
      status: 200,
      body: page(
        arm,
        identity.federated.map((one) => credentialBody(identity, one)),
      ),
    };
  }),
  identities("PUT", `${path}/${child}/{credential}`, putCredential),
  identities("DELETE", `${path}/${child}/{credential}`, (arm) => {
    const identity = identityFor(arm, `${child}/delete`);
    const rest = identity.federated.filter(({ name }) => !same(name, arm.at.credential ?? ""));
    const status = rest.length === identity.federated.length ? 204 : 200;
    identity.federated = rest;
    return { status };
  }),
];

const idOf = ({ at }: ArmAsk) =>
  `/subscriptions/${at.subscription}/resourceGroups/${at.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${at.identity}`;

/** Returns the identity in a path after the check of the caller's rights, which ARM checks first. */
function find(arm: ArmAsk, action: string): UserAssignedIdentity | undefined {
  const id = idOf(arm);
  authorize(arm, `${type}/${action}`, id);
  const { subscription = "", group = "" } = arm.at;
  const groups = arm.state.world.subscriptions.find((one) => same(one.id, subscription))?.resourceGroups ?? [];
  if (!groups.some((name) => same(name, group))) refuse(404, "ResourceGroupNotFound", `Resource group '${group}' could not be found.`);
  return arm.state.world.userAssignedIdentities.find(({ resourceId }) => same(resourceId, id));
}

const isKnown = ({ state: { faults } }: ArmAsk, { since }: UserAssignedIdentity) => faults.replicated("identities", since);

/** Returns an identity that is read: a new one is not found at first. */
function identityRead(arm: ArmAsk, action: string): UserAssignedIdentity {
  const identity = find(arm, action);
  return identity && isKnown(arm, identity) ? identity : missing(arm);
}

const identityFor = (arm: ArmAsk, action: string): UserAssignedIdentity => find(arm, action) ?? missing(arm);

function missing({ at }: ArmAsk): never {
  const name = at.credential === undefined ? at.identity : `${at.identity}/${child}/${at.credential}`;
  const words = `The Resource 'Microsoft.ManagedIdentity/userAssignedIdentities/${name}' under resource group '${at.group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`;
  return refuse(404, "ResourceNotFound", words);
}

function put(arm: ArmAsk): Answer {
  const there = find(arm, "write");
  const shape = object({ "location!": text, tags: anything, properties: anything });
  const { location, tags = {} } = body<{ location: string; tags?: Record<string, string> }>(arm, shape);
  if (!/^[a-z0-9][a-z0-9_-]{2,127}$/i.test(arm.at.identity ?? ""))
    return refuse(400, "InvalidResourceName", `The resource name '${arm.at.identity}' is not valid.`);
  if (there) there.tags = tags;
  const region = location.replaceAll(" ", "").toLowerCase();
  const identity = there ?? createIdentity(arm.state.world, idOf(arm), { location: region, tags });
  const { at } = arm;
  const path_ = `/subscriptions/${at.subscription}/resourcegroups/${at.group}/providers/${type}/${at.identity}`;
  return { status: there ? 200 : 201, headers: { location: path_ }, body: identityBody(identity) };
}

function putCredential(arm: ArmAsk): Answer {
  const identity = identityFor(arm, `${child}/write`);
  refuseNew(arm, identity);
  const shape = object({ "properties!": object({ "issuer!": text, "subject!": text, "audiences!": listOf(text) }) });
  const { properties } = body<{ properties: CredentialFields }>(arm, shape);
  const name = arm.at.credential ?? "";
  refuseConcurrent(arm, identity);
  const wrong = wrongCredential(identity.federated, name, properties);
  if (wrong === "twin") return refuse(409, "Conflict", "Issuer and subject combination already exists for this Managed Identity.");
  // No recording shows the code of a full identity, nor of an invalid field.
  if (wrong === "full") return refuse(400, "BadRequest", `The maximum of ${maximumCredentials} federated identity credentials is reached.`);
  if (wrong) return refuse(400, "BadRequest", `The field '${wrong}' of federated identity credential '${name}' is invalid.`);
  const { issuer, subject, audiences } = properties;
  const there = identity.federated.find((one) => same(one.name, name));
  const credential: FederatedCredential = there ?? {
    id: randomUUID(),
    name,
    issuer,
    subject,
    audience: "",
    since: timeIn(arm.state.world),
  };
  Object.assign(credential, { issuer, subject, audience: audiences[0] });
  if (!there) identity.federated.push(credential);
  return { status: there ? 200 : 201, body: credentialBody(identity, credential) };
}

/** The maximum for one identity. */
const maximumCredentials = 20;

type CredentialFields = Pick<FederatedCredential, "issuer" | "subject"> & { readonly audiences: readonly string[] };

/** Returns the field or the limit for which Azure rejects a credential of an identity that has these ones. */
function wrongCredential(
  there: readonly FederatedCredential[],
  name: string,
  { issuer, subject, audiences }: CredentialFields,
): "name" | "audiences" | "issuer" | "twin" | "full" | undefined {
  if (!/^[a-z0-9][a-z0-9_-]{2,119}$/i.test(name)) return "name";
  if (audiences.length !== 1) return "audiences";
  if (!URL.canParse(issuer) || new URL(issuer).protocol !== "https:") return "issuer";
  const others = there.filter((one) => one.name !== name);
  if (others.some((one) => one.issuer === issuer && one.subject === subject)) return "twin";
  return others.length >= maximumCredentials ? "full" : undefined;
}

/** A credential of a new identity is rejected with one of two codes, for some minutes in Azure. */
function refuseNew(arm: ArmAsk, identity: UserAssignedIdentity): void {
  if (isKnown(arm, identity)) return;
  const { identity: name } = arm.at;
  if (identity.federated.length === 0 && timeIn(arm.state.world) % 2 === 0)
    refuse(
      404,
      "ParentResourceNotFound",
      `Failed to perform 'write' on resource(s) of type '${child}', because the parent resource '${name}' could not be found.`,
    );
  refuse(404, "NotFound", "MS Graph resource not found during Federated Identity Credential creation.");
}

/** Azure accepts one write at a time to the credentials of an identity. */
function refuseConcurrent({ state: { world } }: ArmAsk, identity: UserAssignedIdentity): void {
  const now = Date.now();
  if (now < (identity.writing ?? 0))
    refuse(
      409,
      "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
      "Too many Federated Identity Credentials are written concurrently for the managed identity.",
    );
  identity.writing = now + world.graphWriteGap;
}

function identityBody({ resourceId: id, location, tags, tenantId, objectId: principalId, clientId }: UserAssignedIdentity) {
  // In lower case, whatever the request had
  return {
    id: id.replace(/\/resourceGroups\//i, "/resourcegroups/"),
    name: id.split("/").at(-1),
    type,
    location,
    tags,
    properties: { tenantId, principalId, clientId },
  };
}

function credentialBody({ resourceId }: UserAssignedIdentity, { name, issuer, subject, audience }: FederatedCredential) {
  return { id: `${resourceId}/${child}/${name}`, name, type: `${type}/${child}`, properties: { issuer, subject, audiences: [audience] } };
}

import { expect, test } from "vitest";
import { findRole } from "../../../sandbox/azure/roles.ts";
import { explainArm, explainEnd, grantCommand } from "../../../src/azure/arm-error.ts";
import { permits } from "../../../src/credential/mint-rights.ts";
import { isLost, NotYet } from "../../../src/errors.ts";
import { type Hint, shell } from "../../../src/hint.ts";

const body = (code: string, message: string) => JSON.stringify({ error: { code, message } });
const id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/myregistry";
const unauthorized = `The client 'c' with object id 'o-1' does not have authorization to perform action 'Microsoft.ContainerRegistry/registries/tokens/write' over scope '${id}/tokens/demo' or the scope is invalid. If access was recently granted, please refresh your credentials.`;
const denied = `Resource 'demo' was disallowed by policy. Policy identifiers: '[{"policyAssignment":{"name":"No tokens","id":"/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/p"},"policyDefinition":{"name":"Container registries should have repository scoped access token disabled.","id":"/providers/Microsoft.Authorization/policyDefinitions/d"}}]'.`;
const constrained = `The client 'c' with object id 'o-1' has an authorization with ABAC condition that is not fulfilled to perform action 'Microsoft.Authorization/roleAssignments/write' over scope '${id}/providers/Microsoft.Authorization/roleAssignments/0a1b' or the scope is invalid. If access was recently granted, please refresh your credentials.`;
const tenant = "99999999-9999-9999-9999-999999999999";
const foreign = `The access token is from the wrong issuer 'https://sts.windows.net/11111111-1111-1111-1111-111111111111/'. It must match the tenant 'https://sts.windows.net/${tenant}/' associated with this subscription. Please use the authority (URL) 'https://login.windows.net/${tenant}' to get the token.`;
const mfa = "Resource 'demo' was disallowed by policy. Reasons: 'MFA is required'.";

test.for<{
  status: number;
  text: string;
  path?: string;
  claims?: string;
  source?: "az" | "env";
  retryAfter?: number;
  kind: string;
  message: string;
  hint?: Hint;
}>([
  {
    status: 403,
    text: body("AuthorizationFailed", unauthorized),
    kind: "forbidden",
    message: `cannot write token demo: the Azure identity lacks the permission Microsoft.ContainerRegistry/registries/tokens/write on ${id}/tokens/demo`,
    hint: {
      ...shell(
        "az role assignment create",
        "--assignee",
        "o-1",
        "--role",
        "Container Registry Contributor and Data Access Configuration Administrator",
        "--scope",
        id,
      ),
      when: "ask an Owner or User Access Administrator to run",
    },
  },
  {
    status: 403,
    text: body(
      "AuthorizationFailed",
      `The client 'c' with object id 'o-1' does not have authorization to perform action 'Microsoft.Authorization/roleAssignments/write' over scope '${id}/providers/Microsoft.Authorization/roleAssignments/0a1b' or the scope is invalid.`,
    ),
    kind: "forbidden",
    message: `cannot write token demo: the Azure identity lacks the permission Microsoft.Authorization/roleAssignments/write on ${id}/providers/Microsoft.Authorization/roleAssignments/0a1b`,
    hint: {
      ...shell("az role assignment create", "--assignee", "o-1", "--role", "Role Based Access Control Administrator", "--scope", id),
      when: "ask an Owner or User Access Administrator to run",
    },
  },
  {
    status: 403,
    text: body("RequestDisallowedByPolicy", denied),
    path: `${id}/tokens/demo`,
    kind: "forbidden",
    message: "cannot write token demo: the policy assignment \"No tokens\" denies it\n* Resource 'demo' was disallowed by policy",
    hint: "add --service-principal or --entra, which need no ACR token",
  },
  {
    status: 403,
    text: body("RequestDisallowedByPolicy", "Resource was disallowed by policy. Policy identifiers: '[{\"policyDefinition\":{}}]'."),
    path: `${id}/providers/Microsoft.Authorization/roleAssignments/0a1b`,
    kind: "forbidden",
    message: "cannot write token demo: Azure returned HTTP 403\n* Resource was disallowed by policy",
    hint: "ask the owner of the policy for an exemption",
  },
  {
    status: 401,
    text: body("RequestDisallowedByPolicy", `${mfa} Policy identifiers: '[{}]'.`),
    claims: "eyJhY2Nlc3NfdG9rZW4iOnt9fQ==",
    kind: "unauthenticated",
    message: `cannot write token demo: Azure requires a stronger sign-in\n* ${mfa.slice(0, -1)}`,
    hint: 'az login --claims-challenge "eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="',
  },
  {
    status: 401,
    text: body("RequestDisallowedByPolicy", mfa),
    claims: "eyJhY2Nlc3NfdG9rZW4iOnt9fQ==",
    source: "env",
    kind: "unauthenticated",
    message: `cannot write token demo: Azure requires a stronger sign-in\n* ${mfa.slice(0, -1)}`,
    hint: "use an identity that the policy allows",
  },
  ...(
    [
      ["az", "az login"],
      ["env", "use an identity that the policy allows"],
    ] as const
  ).map(([source, hint]) => ({
    status: 403,
    text: body("RequestDisallowedByPolicy", mfa),
    source,
    kind: "unauthenticated",
    message: `cannot write token demo: Azure requires a stronger sign-in\n* ${mfa.slice(0, -1)}`,
    hint,
  })),
  {
    status: 403,
    text: body("AuthorizationFailed", constrained),
    kind: "forbidden",
    message: `cannot write token demo: your right to assign roles does not include this role\n* ${constrained.slice(0, -1)}`,
    hint: "ask an Owner to assign AcrPull (with ABAC: Container Registry Repository Reader), or to allow it in the condition of your role",
  },
  {
    status: 401,
    text: body("InvalidAuthenticationTokenTenant", foreign),
    kind: "unauthenticated",
    message: `cannot write token demo: the token is from another tenant, and the subscription belongs to tenant ${tenant}`,
    hint: { ...shell("az login", "--tenant", tenant), when: `sign in to that tenant, or add --tenant ${tenant}` },
  },
  {
    status: 401,
    text: body("InvalidAuthenticationTokenTenant", foreign),
    source: "env",
    kind: "unauthenticated",
    message: `cannot write token demo: the token is from another tenant, and the subscription belongs to tenant ${tenant}`,
    hint: `use an identity of that tenant, or add --tenant ${tenant}`,
  },
  {
    status: 409,
    text: body(
      "MissingSubscriptionRegistration",
      "The subscription is not registered to use namespace 'Microsoft.ManagedIdentity'. See https://aka.ms/rps-not-found for how to register subscriptions.",
    ),
    path: "/subscriptions/s-1/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/x",
    kind: "conflict",
    message: "cannot write token demo: the subscription is not registered to use Microsoft.ManagedIdentity",
    hint: shell("az provider register", "--namespace", "Microsoft.ManagedIdentity", "--subscription", "s-1"),
  },
  {
    status: 401,
    text: body("ExpiredAuthenticationToken", "The access token expiry UTC time is earlier."),
    source: "env",
    kind: "unauthenticated",
    message: "cannot write token demo: Azure returned HTTP 401\n* The access token expiry UTC time is earlier",
    hint: "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
  },
  {
    status: 401,
    text: body("ExpiredAuthenticationToken", "The access token expiry UTC time is earlier."),
    kind: "unauthenticated",
    message: "cannot write token demo: Azure returned HTTP 401\n* The access token expiry UTC time is earlier",
    hint: "az login",
  },
  {
    status: 400,
    text: body(
      "UnAuthorizedForCredentialOperations",
      `Cannot perform credential operations for ${id} as admin user is disabled. Kindly enable admin user as per docs: https://aka.ms/acr/credentials.`,
    ),
    kind: "conflict",
    message: 'the admin user of registry "myregistry" is disabled',
    hint: {
      ...shell("az acr update", "--name", "myregistry", "--admin-enabled", "true"),
      when: "omit --admin to create a credential that can only pull, or enable it",
    },
  },
  {
    status: 404,
    text: body("ResourceNotFound", "The Resource was not found."),
    kind: "notFound",
    message: "cannot write token demo: Azure returned HTTP 404\n* The Resource was not found",
  },
  {
    status: 409,
    text: body("Conflict", "Another operation is in progress."),
    kind: "conflict",
    message: "cannot write token demo: Azure returned HTTP 409\n* Another operation is in progress",
  },
  {
    status: 400,
    text: body("InvalidRequest", "Bad\nname."),
    kind: "invalid",
    message: "cannot write token demo: Azure returned HTTP 400\n* Bad name",
  },
  {
    status: 400,
    text: JSON.stringify({ error: { code: "Other", message: null } }),
    kind: "invalid",
    message: "cannot write token demo: Azure returned HTTP 400",
  },
  {
    status: 429,
    text: "",
    retryAfter: 90_500,
    kind: "unreachable",
    message: "cannot write token demo: Azure Resource Manager is throttling requests (429)",
    hint: "retry in 91 seconds",
  },
  {
    status: 429,
    text: body("TooManyRequests", "The request is being throttled. Please try after '0' seconds."),
    retryAfter: 250,
    kind: "unreachable",
    message: "cannot write token demo: Azure Resource Manager is throttling requests (429)",
    hint: "retry in a minute",
  },
  {
    status: 503,
    text: "<html>",
    kind: "unreachable",
    message: "cannot write token demo: Azure returned HTTP 503",
    hint: "retry later; https://status.azure.com lists outages",
  },
])("reports $status as $kind: $message", ({ status, text, retryAfter, path, claims, source, ...shown }) => {
  const { kind, message, hint } = explainArm("write token demo", { status, text, retryAfter, path, claims, source });

  expect({ kind, message, hint }).toEqual({ hint: undefined, ...shown });
});

test.for([
  { correlation: "6c0e2f4a-0b1d-4a5e-9f00-0123456789ab", shown: "\n* correlation ID: 6c0e2f4a-0b1d-4a5e-9f00-0123456789ab" },
  { correlation: undefined, shown: "" },
  { correlation: "", shown: "" },
  { correlation: "\u001b[2J and more", shown: "" },
])("prints the correlation id only if it is an identifier: $correlation", ({ correlation, shown }) => {
  for (const text of [body("AuthorizationFailed", unauthorized), body("AuthorizationFailed", "No."), body("Other", "No."), ""])
    expect(explainArm("write token demo", { status: 403, text, id: correlation }).message.endsWith(shown)).toBe(true);
  expect(explainArm("write token demo", { status: 409, text: body("Other", "No."), id: correlation }).message).toBe(
    `cannot write token demo: Azure returned HTTP 409\n* No${shown}`,
  );
  expect(explainEnd("write token demo", "Failed", { status: 200, text: "{}", id: correlation }).message).toBe(
    `cannot write token demo: the operation failed${shown}`,
  );
});

test.for([
  { status: 429, text: "", retryAfter: 7000 },
  { status: 409, text: body("TokenNotActive", "") },
  { status: 409, text: body("ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity", "Too many.") },
])("reports $status $text as a write that Azure did not apply", ({ status, text, retryAfter }) => {
  const error = explainArm("write token demo", { status, text, retryAfter });

  expect(error).toMatchObject({ name: "Busy", retryAfter });
  expect(isLost(error)).toBe(false);
});

test.for([
  { status: 400, code: "PrincipalNotFound", passes: true },
  { status: 404, code: "NotFound", passes: true },
  { status: 404, code: "ParentResourceNotFound", passes: true },
  { status: 404, code: "ResourceNotFound", passes: false },
])("reports $status $code as not replicated yet: $passes", ({ status, code, passes }) => {
  const error = explainArm("create federated credential x", { status, text: body(code, "MS Graph resource not found.") });

  expect(error instanceof NotYet).toBe(passes);
});

const registry = "/subscriptions/s-1/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/myregistry";
const rights = "Microsoft.ContainerRegistry/registries";

/** Returns the value of a flag of the command that grants an action. */
function grants(flag: "--role" | "--scope", { action = `${rights}/read`, scope = registry }): string {
  const { words } = grantCommand({ action, scope, principal: "o-1" });
  return words[words.indexOf(flag) + 1] ?? "";
}

test("names one role that has all actions on managed identities", () => {
  const own = "Microsoft.ManagedIdentity/userAssignedIdentities";
  const actions = [`${own}/read`, `${own}/write`, `${own}/federatedIdentityCredentials/read`];
  expect(new Set(actions.map((action) => grants("--role", { action })))).toEqual(new Set(["Managed Identity Contributor"]));
});

test.for([
  { action: "Microsoft.Authorization/roleAssignments/write", role: "Role Based Access Control Administrator" },
  { action: "Microsoft.Authorization/roleAssignments/delete", role: "Role Based Access Control Administrator" },
  { action: "Microsoft.Authorization/roleAssignments/read", role: "Reader" },
  { action: `${rights}/read`, role: "Reader" },
  { action: `${rights}/listUsages/read`, role: "Reader" },
  ...[
    "tokens/read",
    "tokens/write",
    "tokens/delete",
    "scopeMaps/read",
    "scopeMaps/write",
    "scopeMaps/delete",
    "generateCredentials/action",
    "listCredentials/action",
    "regenerateCredential/action",
  ].map((action) => ({
    action: `${rights}/${action}`,
    role: "Container Registry Contributor and Data Access Configuration Administrator",
  })),
  { action: `${rights}/webhooks/write`, role: "Contributor" },
])("names a role that has $action", ({ action, role }) => {
  expect(grants("--role", { action })).toBe(role);
  expect(permits([findRole(role, []) ?? expect.unreachable(role)], action)).toBe(true);
});

test.for([
  { scope: registry, at: registry },
  { scope: `${registry}/tokens/demo`, at: registry },
  { scope: `${registry}/providers/Microsoft.Authorization/roleAssignments/0a-1b`, at: registry },
  { scope: "/subscriptions/s-1/resourceGroups/g", at: "/subscriptions/s-1/resourceGroups/g" },
  { scope: "/subscriptions/s-1/providers/Microsoft.ContainerRegistry/locations/westus/operationResults/x", at: "/subscriptions/s-1" },
  { scope: registry.replace("/g/", "/g_(prod).é/"), at: registry.replace("/g/", "/g_(prod).é/") },
  { scope: registry.replace("/g/", "/$(rm)/"), at: "/subscriptions/s-1" },
  { scope: "/; rm -rf", at: "REGISTRY_ID" },
])("assigns a role on $at when ARM names $scope", ({ scope, at }) => {
  expect(grants("--scope", { scope })).toBe(at);
});

test("reads the missing action of a linked scope, not the allowed one", () => {
  const message = `The client 'c' with object id 'o-1' has permission to perform action '${rights}/tokens/write' on scope '${registry}/tokens/demo'; however, it does not have permission to perform action(s) '${rights}/scopeMaps/read' on the linked scope(s) '${registry}/scopeMaps/demo' (respectively) or the linked scope(s) are invalid.`;

  expect(explainArm("write token demo", { status: 403, text: body("LinkedAuthorizationFailed", message) })).toMatchObject({
    message: `cannot write token demo: the Azure identity lacks the permission ${rights}/scopeMaps/read on ${registry}/scopeMaps/demo`,
    hint: { words: expect.arrayContaining(["--assignee", "o-1"]) },
  });
});

test.for([
  { text: "The client 'c' with object id 'o-1' does not have authorization to perform action 'A/b' over scope '$(reboot)'" },
  { text: "The client 'c' with object id '$(reboot)' does not have authorization to perform action 'A/b' over scope '/subscriptions/s'" },
  { text: "The client 'c' with object id 'o' does not have authorization to perform action '$(reboot)' over scope '/subscriptions/s'" },
])("prints a command without Azure's text in it when that could run: $text", ({ text }) => {
  const { hint } = explainArm("write token demo", { status: 403, text: body("AuthorizationFailed", text) });

  expect(hint).toMatchObject({ words: expect.arrayContaining(["--role"]) });
  expect(JSON.stringify(hint)).not.toContain("reboot");
});

import type { Fault } from "./faults.ts";

type Refusal = Extract<Fault, { kind: "status" }>;

const subscription = "/subscriptions/22222222-2222-2222-2222-222222222222";
const assignment = `${subscription}/providers/Microsoft.Authorization/policyAssignments/deny-acr-tokens`;
const definition = "/providers/Microsoft.Authorization/policyDefinitions/ff05e24e-195c-447e-b322-5e90c9f9f366";
const registry = `${subscription}/resourceGroups/demo/providers/Microsoft.ContainerRegistry/registries/myregistry`;

const identifiers = [
  {
    policyAssignment: { name: "Deny ACR tokens", id: assignment },
    policyDefinition: { name: "Container registries should have repository scoped access token disabled", id: definition },
  },
];

/**
 * The claims that Azure requires of the next sign-in: a value of `acrs`, which a conditional access policy grants after a second factor.
 */
const claims = Buffer.from(JSON.stringify({ access_token: { acrs: { essential: true, values: ["p1"] } } })).toString("base64");

const management = /^management\.azure\.com$/;
const graph = /^graph\.microsoft\.com$/;

/**
 * Errors that depend on settings of a tenant or a subscription that the emulator does not have.
 * Turn one on with `faults.add({ ...refusals.locked, times: 1 })`.
 */
export const refusals = {
  /** The built-in policy that disables tokens, with the effect Deny. */
  tokensDeniedByPolicy: {
    kind: "status",
    host: management,
    path: /\/tokens\/[^/?]+\?/,
    method: "PUT",
    status: 403,
    body: {
      error: {
        code: "RequestDisallowedByPolicy",
        target: "token",
        message: `Resource 'token' was disallowed by policy. Policy identifiers: '${JSON.stringify(identifiers)}'.`,
        additionalInfo: [
          {
            type: "PolicyViolation",
            info: { policyDefinitionId: definition, policyAssignmentId: assignment, policyAssignmentName: "deny-acr-tokens" },
          },
        ],
      },
    },
  },
  /** Azure requires multifactor authentication for changes. */
  mfaRequired: {
    kind: "status",
    host: management,
    path: /./,
    method: "PUT",
    status: 401,
    headers: {
      "www-authenticate": `Bearer authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", error="insufficient_claims", claims="${claims}"`,
    },
    body: {
      error: {
        code: "RequestDisallowedByPolicy",
        message: "The request was disallowed because the user did not sign in with multifactor authentication.",
      },
    },
  },
  /** A CanNotDelete lock on the registry. */
  locked: {
    kind: "status",
    host: management,
    path: /\/registries\//,
    method: "DELETE",
    status: 409,
    body: {
      error: {
        code: "ScopeLocked",
        message: `The scope '${registry}' cannot perform delete operation because following scope(s) are locked: '${registry}'. Please remove the lock and try again.`,
      },
    },
  },
  /** A subscription that has never used container registries. */
  unregisteredSubscription: {
    kind: "status",
    host: management,
    path: /Microsoft\.ContainerRegistry/,
    status: 409,
    body: {
      error: {
        code: "MissingSubscriptionRegistration",
        message:
          "The subscription is not registered to use namespace 'Microsoft.ContainerRegistry'. See https://aka.ms/rps-not-found for how to register subscriptions.",
      },
    },
  },
  /** The other format of `Directory_ConcurrencyViolation`. */
  concurrentRequests: {
    kind: "status",
    host: graph,
    path: /\/(?:add|remove)Password$/,
    status: 400,
    body: {
      error: {
        code: "Request_BadRequest",
        message: "Error due to concurrent requests being made to the tenant. Please wait briefly and retry.",
      },
    },
  },
} as const satisfies Readonly<Record<string, Refusal>>;

import type { Answer } from "../http.ts";
import type { Application, PasswordPolicy } from "../world.ts";
import { denied, entity, type GraphAsk, refuseGraph } from "./request.ts";

// The policies of a tenant on passwords (learn.microsoft.com/graph/api/resources/applicationauthenticationmethodpolicy). They need a license
// for workload identities. They block no sign-in, only new passwords. A policy that is assigned to an application takes precedence over the
// tenant's. Reading one needs Policy.Read.All, which neither Application Developer nor Application.ReadWrite.OwnedBy includes.

const none: PasswordPolicy = { id: "00000000-0000-0000-0000-000000000000" };

/** GET /v1.0/policies/defaultAppManagementPolicy: the tenant's policy always exists, and is disabled by default. */
export function tenantPolicy(graph: GraphAsk): Answer {
  mayReadPolicies(graph);
  const { tenantPolicy = none } = graph.state.world;
  const { isEnabled, restrictions, ...rest } = policyBody(tenantPolicy);
  const applicationRestrictions = { ...restrictions, keyCredentials: [] };
  const body = { ...rest, isEnabled: isEnabled && tenantPolicy !== none, applicationRestrictions };
  return { status: 200, body: { ...entity(graph, "policies/defaultAppManagementPolicy"), ...body } };
}

/** GET /v1.0/applications/{id}/appManagementPolicies: at most one can be assigned. */
export function applicationPolicies(graph: GraphAsk, { policy }: Application): Answer {
  mayReadPolicies(graph);
  return { status: 200, body: { value: policy ? [policyBody(policy)] : [] } };
}

function mayReadPolicies({ roles }: GraphAsk): void {
  if (!roles.includes("Policy.Read.All")) denied();
}

/** The lifetime is a duration of ISO 8601. Each restriction is once in a policy. */
function policyBody({ id, mostDays, forbidsPasswords, exempts }: PasswordPolicy) {
  const attribute = {
    "@odata.type": "microsoft.graph.customSecurityAttributeStringValueExemption",
    id: "exempt",
    operator: "equals",
    value: "1",
  };
  const excludeActors = exempts === undefined ? null : { customSecurityAttributes: [attribute] };
  const of = { state: "enabled", restrictForAppsCreatedAfterDateTime: "2019-01-01T00:00:00Z", excludeActors };
  const passwordCredentials = [
    ...(forbidsPasswords ? [{ restrictionType: "passwordAddition", maxLifetime: null, ...of }] : []),
    ...(mostDays === undefined ? [] : [{ restrictionType: "passwordLifetime", maxLifetime: `P${mostDays}D`, ...of }]),
  ];
  return { id, displayName: `policy ${id}`, description: null, isEnabled: true, restrictions: { passwordCredentials } };
}

/** Rejects a new password that a policy does not allow. The codes are Microsoft's. */
export function refuseByPolicy({ state: { world }, identity }: GraphAsk, { policy }: Application, start: string, end: string): void {
  const { id, mostDays = Infinity, forbidsPasswords = false, exempts } = policy ?? world.tenantPolicy ?? none;
  if (exempts === identity.clientId) return;
  if (forbidsPasswords) {
    refuseGraph(403, "CredentialTypeNotAllowedAsPerAppPolicy", `Credential type not allowed as per assigned policy '${id}'.`);
  }
  if (Date.parse(end) - Date.parse(start) <= mostDays * 24 * 3600 * 1000) return;
  const message = `Credential lifetime exceeds the max value allowed as per assigned policy '${id}'.`;
  refuseGraph(400, "CredentialInvalidLifetimeAsPerAppPolicy", message);
}

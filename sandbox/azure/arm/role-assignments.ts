import { parseCondition } from "../condition.ts";
import { nullable, object, oneOf, text } from "../fields.ts";
import type { Answer } from "../http.ts";
import { assignmentsOn, grants, within } from "../rbac.ts";
import { findRole } from "../roles.ts";
import { preciseNow } from "../time.ts";
import { type RoleAssignment, timeIn } from "../world.ts";
import { type ArmAsk, authorize, body, page, refuse, same } from "./request.ts";
import { routesOf } from "./route.ts";
import { badFilter, provider, scopeOf, subscriptionOf } from "./scope.ts";

const assignments = routesOf("Microsoft.Authorization/roleAssignments", ["2022-04-01"]);

export const roleAssignmentRoutes = [
  assignments("GET", `${provider}/roleAssignments`, listAssignments),
  assignments("PUT", `${provider}/roleAssignments/{name}`, assign),
  assignments("DELETE", `${provider}/roleAssignments/{name}`, (arm) => {
    authorize(arm, "Microsoft.Authorization/roleAssignments/delete", assignmentId(arm));
    const assignment = found(arm);
    if (!assignment) return { status: 204 };
    arm.state.world.roleAssignments = arm.state.world.roleAssignments.filter((one) => one !== assignment);
    return { status: 200, body: assignmentBody(assignment) };
  }),
];

/** Returns the id of the assignment in a path. ARM names it as the scope of a missing right. */
const assignmentId = (arm: ArmAsk): string => `${scopeOf(arm)}/providers/Microsoft.Authorization/roleAssignments/${arm.at.name}`;

function listAssignments(arm: ArmAsk): Answer {
  const scope = scopeOf(arm);
  authorize(arm, "Microsoft.Authorization/roleAssignments/read", scope);
  const filter = arm.ask.query.get("$filter") ?? "";
  const principal = /^(?:assignedTo\('([^']+)'\)|principalId eq '([^']+)')$/i.exec(filter);
  const atScope = /^atScope\(\)$/i.test(filter);
  if (filter && !principal && !atScope) return badFilter(filter);
  const wanted = arm.state.world.roleAssignments.filter(
    (one) =>
      (within(scope, one.scope) || (!atScope && within(one.scope, scope))) &&
      (!principal || one.principalId === (principal[1] ?? principal[2])),
  );
  return {
    status: 200,
    body: page(
      arm,
      wanted.map((one) => assignmentBody(one, subscriptionOf(scope))),
    ),
  };
}

type Wanted = {
  roleDefinitionId: string;
  principalId: string;
  principalType?: string;
  description?: string | null;
  condition?: string | null;
  conditionVersion?: string | null;
};

const shape = object({
  "properties!": object({
    "roleDefinitionId!": text,
    "principalId!": text,
    principalType: oneOf("ServicePrincipal", "User", "Group", "ForeignGroup", "Device"),
    description: nullable(text),
    condition: nullable(text),
    conditionVersion: nullable(oneOf("2.0")),
    delegatedManagedIdentityResourceId: nullable(text),
  }),
});

function assign(arm: ArmAsk): Answer {
  const { world } = arm.state;
  const scope = scopeOf(arm);
  authorize(arm, "Microsoft.Authorization/roleAssignments/write", assignmentId(arm));
  const name = (arm.at.name ?? "").toLowerCase();
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name)) {
    return refuse(400, "InvalidRoleAssignmentId", `The role assignment ID '${name}' is not valid. The role assignment ID must be a GUID.`);
  }
  const wanted = body<{ properties: Wanted }>(arm, shape).properties;
  const role = findRole(wanted.roleDefinitionId.split("/").at(-1) ?? "", world.customRoles);
  if (!role)
    return refuse(404, "RoleDefinitionDoesNotExist", `The specified role definition with ID '${wanted.roleDefinitionId}' does not exist.`);
  refuseOutsideCondition(arm, scope, role.guid);
  checkCondition(wanted);
  const type = principalType(arm, wanted);
  const given = {
    description: wanted.description ?? null,
    condition: wanted.condition ?? null,
    conditionVersion: wanted.conditionVersion ?? null,
  };
  const there = found(arm);
  if (there) return update(arm, there, wanted.principalId === there.principalId && role.guid === there.role, given);
  refuseTwin(
    world.roleAssignments.find((one) => one.principalId === wanted.principalId && one.role === role.guid && same(one.scope, scope)),
  );
  const made: RoleAssignment = {
    name,
    scope,
    role: role.guid,
    principalId: wanted.principalId,
    principalType: type,
    ...given,
    createdOn: preciseNow(),
    createdBy: arm.identity.principalId,
    updatedBy: arm.identity.principalId,
    since: timeIn(world),
  };
  world.roleAssignments.push(made);
  // Only later responses contain the creator.
  const { createdBy: _, ...untold } = made;
  return { status: 201, body: assignmentBody(untold) };
}

/** Rejects a constrained owner: the condition of their own role must name the role to assign. */
function refuseOutsideCondition(arm: ArmAsk, scope: string, guid: string): void {
  const { principalId, clientId } = arm.identity;
  const action = "Microsoft.Authorization/roleAssignments/write";
  const own = assignmentsOn(arm.state.world, principalId, scope).filter(({ role }) => grants(role, action));
  if (own.some(({ assignment: { condition } }) => condition === null || condition.includes(guid))) return;
  refuse(
    403,
    "AuthorizationFailed",
    `The client '${clientId}' with object id '${principalId}' has an authorization with ABAC condition that is not fulfilled to perform action '${action}' over scope '${assignmentId(arm)}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );
}

/** @throws Refused for a principal that does not exist or is not replicated yet */
function principalType({ state: { world, faults }, identity }: ArmAsk, wanted: Wanted): string {
  const { principalId, principalType } = wanted;
  if (world.users.some(({ id }) => id === principalId)) return principalType ?? "User";
  const principal = world.servicePrincipals.find(({ id }) => id === principalId);
  // A given principalType skips the lookup, which does not know a new service principal yet.
  const isKnown = principal && (principalType === "ServicePrincipal" || faults.replicated("principals", principal.since));
  if (isKnown) return principalType ?? "ServicePrincipal";
  return refuse(
    400,
    "PrincipalNotFound",
    `Principal ${wanted.principalId.replaceAll("-", "")} does not exist in the directory ${identity.tenantId}. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype`,
  );
}

type Given = Pick<RoleAssignment, "description" | "condition" | "conditionVersion">;

function update(arm: ArmAsk, there: RoleAssignment, isSame: boolean, given: Given): Answer {
  if (!isSame)
    return refuse(
      400,
      "RoleAssignmentUpdateNotPermitted",
      "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
    );
  Object.assign(there, given, { updatedBy: arm.identity.principalId });
  return { status: 200, body: assignmentBody(there) };
}

/** @throws Refused if another assignment gives the same role to the same principal in the same scope */
function refuseTwin(twin: RoleAssignment | undefined): void {
  if (!twin) return;
  const id = twin.name.replaceAll("-", "");
  refuse(409, "RoleAssignmentExists", `The role assignment already exists. The ID of the existing role assignment is ${id}.`);
}

function checkCondition({ condition, conditionVersion }: Wanted): void {
  if (condition == null) return;
  if (conditionVersion == null) refuse(400, "InvalidConditionVersion", "The condition version must be '2.0' when a condition is given.");
  try {
    parseCondition(condition);
  } catch (error) {
    refuse(400, "InvalidCondition", `The condition is not valid: ${error instanceof Error ? error.message : error}.`);
  }
}

function found(arm: ArmAsk): RoleAssignment | undefined {
  const scope = scopeOf(arm);
  return arm.state.world.roleAssignments.find((one) => same(one.name, arm.at.name ?? "") && same(one.scope, scope));
}

/** @param asked the subscription of the request, which an assignment at the root scope shows in its role's id */
function assignmentBody(one: RoleAssignment, asked = "") {
  const subscription = subscriptionOf(one.scope) || asked;
  return {
    id: `${one.scope === "/" ? "" : one.scope}/providers/Microsoft.Authorization/roleAssignments/${one.name}`,
    name: one.name,
    type: "Microsoft.Authorization/roleAssignments",
    properties: {
      roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${one.role}`,
      principalId: one.principalId,
      principalType: one.principalType,
      scope: one.scope,
      description: one.description,
      condition: one.condition,
      conditionVersion: one.conditionVersion,
      createdOn: one.createdOn,
      updatedOn: one.createdOn,
      createdBy: one.createdBy ?? null,
      updatedBy: one.updatedBy ?? null,
      delegatedManagedIdentityResourceId: null,
    },
  };
}

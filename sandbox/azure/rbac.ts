import { actionMatches, parseCondition } from "./condition.ts";
import type { FaultBox } from "./faults.ts";
import { findRole, type Role } from "./roles.ts";
import type { RoleAssignment, World } from "./world.ts";

/** The scope of a management group. Each contains all subscriptions here. */
const managementGroup = /^\/providers\/microsoft\.management\/managementgroups\/[^/]+$/;

/** Whether a scope (a subscription, resource group or resource id, in any case) equals another scope or is inside it. */
export function within(scope: string, outer: string): boolean {
  const [inner, around] = [scope.toLowerCase(), outer.toLowerCase().replace(/\/$/, "")];
  return inner === around || inner.startsWith(`${around}/`) || (managementGroup.test(around) && inner.startsWith("/subscriptions/"));
}

/** Returns the role assignments of a principal that apply to a scope, with their roles. */
export function assignmentsOn(world: World, principalId: string, scope: string): { assignment: RoleAssignment; role: Role }[] {
  return world.roleAssignments
    .filter((assignment) => assignment.principalId === principalId && within(scope, assignment.scope))
    .flatMap((assignment) => {
      const role = findRole(assignment.role, world.customRoles);
      return role ? [{ assignment, role }] : [];
    });
}

/** Whether a principal may do a control-plane action, e.g. `Microsoft.ContainerRegistry/registries/read`, on a scope. */
export function permits(world: World, principalId: string, action: string, scope: string): boolean {
  return assignmentsOn(world, principalId, scope).some(({ role }) => grants(role, action));
}

/** Whether a principal has any role on a scope or on a scope above it. Then Azure shows the scope to the principal. */
export function seesInto(world: World, principalId: string, scope: string): boolean {
  return world.roleAssignments.some(
    (assignment) => assignment.principalId === principalId && (within(assignment.scope, scope) || within(scope, assignment.scope)),
  );
}

export const grants = (role: Role, action: string) =>
  role.actions.some((pattern) => actionMatches(pattern, action)) && !role.notActions.some((pattern) => actionMatches(pattern, action));

/**
 * Whether a principal may do an action on images: on a legacy registry by the actions of its roles, on an ABAC registry by dataActions and
 * the assignment's condition. Assignments count once they are replicated.
 */
export function permitsData(
  world: World,
  faults: FaultBox,
  principalId: string,
  { action, scope, data, repository }: { action: string; scope: string; data: boolean; repository?: string },
): boolean {
  return assignmentsOn(world, principalId, scope)
    .filter(({ assignment }) => faults.replicated("roles", assignment.since))
    .some(({ assignment, role }) => {
      if (!data) return grants(role, action);
      if (!role.dataActions.some((pattern) => actionMatches(pattern, action))) return false;
      // Without a repository in the question, one allowed repository is enough.
      return repository === undefined || holds(assignment.condition, action, repository);
    });
}

function holds(condition: string | null, action: string, repository: string): boolean {
  if (condition === null) return true;
  return parseCondition(condition)({ action, attributes: { "microsoft.containerregistry/registries/repositories:name": repository } });
}

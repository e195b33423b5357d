import { createHash } from "node:crypto";
import { asForbidden, CliError } from "../errors.ts";
import { type Json, objectOf, objectsOf, textOf, textsOf } from "../json.ts";
import { mapConcurrently } from "../scope/concurrency.ts";
import { limits } from "../scope/limits.ts";
import { apiVersion } from "./api-version.ts";
import type { Arm } from "./arm.ts";
import { subscriptions } from "./find-registry.ts";
import type { Azure, AzureRegistry, Permission, RoleAssignment, RoleDefinition } from "./port.ts";

const version = apiVersion.roleAssignments;

type Of = { readonly principalId: string; readonly role: string };

/** Roles on a registry (Microsoft.Authorization/roleAssignments, roleDefinitions and permissions, 2022-04-01). */
export const openRoles = (arm: Arm) =>
  ({
    async roleAssignments(registry, principalId) {
      const doing = `read the roles of ${principalId} on registry ${registry.name}`;
      const request = { path: assignmentsOf(registry.id), version, filter: assignedTo(principalId), doing };
      return (await arm.list(request, (one) => asAssignment(registry, one))).flat();
    },
    async otherRoles(registry, principalId) {
      const own = subscriptionOf(registry).toLowerCase();
      const all = new Set([own, ...(await subscriptions(arm)).map(({ id }) => `/subscriptions/${id.toLowerCase()}`)]);
      const read = ({ name, properties }: Json) => {
        const [scope, role] = [textOf(objectOf(properties).scope) ?? "", lastOf(textOf(objectOf(properties).roleDefinitionId) ?? "")];
        const here = scope.toLowerCase() === registry.id.toLowerCase();
        const ours = here && textOf(name)?.toLowerCase() === assignmentName(registry.id, { principalId, role });
        return ours ? [] : [{ on: lastOf(scope) || "/", role, here }];
      };
      const lists = await mapConcurrently([...all], limits.subscriptions, (at) => {
        const doing = `read the roles of ${principalId} in subscription ${lastOf(at)}`;
        return arm.list({ path: assignmentsOf(at), version, filter: assignedTo(principalId), doing }, read).catch(asForbidden);
      });
      const forbidden = lists.find((list) => list instanceof CliError);
      return { roles: lists.flatMap((list) => (list instanceof CliError ? [] : list.flat())), forbidden };
    },
    roleDefinition(registry, guid) {
      const path = `${registry.id}/providers/Microsoft.Authorization/roleDefinitions/${guid}`;
      return arm.find({ path, version, doing: `read the role definition ${guid}` }, asDefinition);
    },
    async tenantOf(registry) {
      const own = subscriptionOf(registry).toLowerCase();
      return (await subscriptions(arm)).find(({ id }) => `/subscriptions/${id.toLowerCase()}` === own)?.tenant;
    },
    async servicePrincipalRoles(registry) {
      const doing = `read the roles on registry ${registry.name}`;
      const isOfService = ({ properties }: Json) => (objectOf(properties).principalType ?? "ServicePrincipal") === "ServicePrincipal";
      const request = { path: assignmentsOf(registry.id), version, doing };
      return (await arm.list(request, (one) => (isOfService(one) ? asAssignment(registry, one) : []))).flat();
    },
    async assignRole(registry, { principalId, role, condition }) {
      const body = {
        properties: {
          roleDefinitionId: `${subscriptionOf(registry)}/providers/Microsoft.Authorization/roleDefinitions/${role}`,
          principalId,
          // Without it Azure looks up the principal, and does not find a new one
          principalType: "ServicePrincipal",
          condition,
          conditionVersion: condition && "2.0",
        },
      };
      const doing = `assign the role of ${principalId} on registry ${registry.name}`;
      await arm.run({ method: "PUT", path: pathOf(registry, { principalId, role }), version, body, doing });
    },
    async unassignRole(registry, of) {
      const doing = `remove the role of ${of.principalId} on registry ${registry.name}`;
      await arm.run({ method: "DELETE", path: pathOf(registry, of), version, doing });
    },
    permissions({ id, name }) {
      const path = `${id}/providers/Microsoft.Authorization/permissions`;
      const doing = `read the identity's permissions on registry ${name}`;
      return arm.list({ path, version: apiVersion.permissions, doing }, asPermission);
    },
  }) satisfies Partial<Azure>;

/** The list of the assignments on a scope, and on those above and below it. */
const assignmentsOf = (scope: string) => `${scope}/providers/Microsoft.Authorization/roleAssignments`;

/** Selects the assignments of a principal and its groups. */
const assignedTo = (principalId: string) => `assignedTo('${principalId}')`;

const subscriptionOf = ({ id }: AzureRegistry) => /^\/subscriptions\/[^/]+/i.exec(id)?.[0] ?? "";

const lastOf = (id: string) => (id.split("/").at(-1) ?? "").toLowerCase();

const pathOf = (registry: AzureRegistry, of: Of) => `${assignmentsOf(registry.id)}/${assignmentName(registry.id, of)}`;

/** RFC 4122, appendix C: the name space of URLs. */
const urls = Buffer.from("6ba7b8119dad11d180b400c04fd430c8", "hex");

/** Returns the same name in each run (UUID version 5), so that an assignment whose response was lost is not created twice. */
function assignmentName(scope: string, { principalId, role }: Of): string {
  const hash = createHash("sha1").update(urls).update(`${scope}|${principalId}|${role}`.toLowerCase()).digest();
  const bytes = hash.subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** A registry's list contains assignments of management groups only if they are above the registry. */
const managementGroups = "/providers/microsoft.management/managementgroups/";

function asAssignment(registry: AzureRegistry, { name, properties }: Json): RoleAssignment[] {
  const { scope, roleDefinitionId, principalId, condition, createdOn } = objectOf(properties);
  if (typeof name !== "string" || typeof principalId !== "string") return [];
  if (typeof scope !== "string" || typeof roleDefinitionId !== "string") return [];
  const [at, own] = [scope.toLowerCase().replace(/\/$/, ""), registry.id.toLowerCase()];
  if (at !== own && !own.startsWith(`${at}/`) && !at.startsWith(managementGroups)) return [];
  const role = lastOf(roleDefinitionId);
  const ours = at === own && name.toLowerCase() === assignmentName(registry.id, { principalId, role });
  return [{ name, principalId, role, here: at === own, ours, condition: textOf(condition), madeAt: textOf(createdOn) }];
}

function asDefinition({ properties }: Json): RoleDefinition | undefined {
  const { roleName: name, permissions } = objectOf(properties);
  if (typeof name !== "string" || !Array.isArray(permissions)) return undefined;
  return { name, permissions: objectsOf(permissions).map(asPermission) };
}

const asPermission = ({ actions, notActions, dataActions, notDataActions }: Json): Permission => ({
  actions: textsOf(actions),
  notActions: textsOf(notActions),
  dataActions: textsOf(dataActions),
  notDataActions: textsOf(notDataActions),
});

import { createHash } from "node:crypto";
import { apiVersion } from "./api-version.ts";
import type { Arm } from "./arm.ts";
import type { AzureRegistry } from "./port.ts";
import type { At, GivenRole, Permission, Principals, RoleAssignment } from "./principals.ts";

const version = apiVersion.roleAssignments;

type Of = { readonly principalId: string; readonly role: string };

type Roles = Pick<Principals, "roleAssignments" | "roleDefinition" | "givenRoles" | "assignRole" | "unassignRole">;

/** Roles on a registry (Microsoft.Authorization/roleAssignments and roleDefinitions, 2022-04-01). */
export function roleAssignmentsIn(arm: Arm): Roles {
  return {
    async roleAssignments(registry, principalId) {
      const path = `${registry.id}/providers/Microsoft.Authorization/roleAssignments`;
      const filter = `assignedTo('${principalId}')`;
      const doing = `read the roles of ${principalId} on registry ${registry.name}`;
      return (await arm.list({ path, version, filter, doing })).flatMap((one) => asAssignment(registry, one, principalId));
    },
    async roleDefinition(registry, guid) {
      const path = `${registry.id}/providers/Microsoft.Authorization/roleDefinitions/${guid}`;
      const found = await arm.send({ method: "GET", path, version, doing: `read the role definition ${guid}` });
      const { roleName, permissions } = ((found ?? {}) as Wire).properties ?? {};
      if (typeof roleName !== "string" || !Array.isArray(permissions)) return undefined;
      return { name: roleName, permissions: permissions.map(asPermission) };
    },
    async givenRoles(registry) {
      const path = `${registry.id}/providers/Microsoft.Authorization/roleAssignments`;
      const all = await arm.list({ path, version, doing: `read the roles on registry ${registry.name}` });
      return all.flatMap((one) => asGiven(registry, one));
    },
    async assignRole(registry, { principalId, role, condition }) {
      const subscription = /^\/subscriptions\/[^/]+/i.exec(registry.id)?.[0] ?? "";
      const body = {
        properties: {
          roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${role}`,
          principalId,
          // Without it Azure looks up the principal, and does not find a new one
          principalType: "ServicePrincipal",
          condition,
          conditionVersion: condition && "2.0",
        },
      };
      const doing = `give ${principalId} its role on registry ${registry.name}`;
      await arm.send({ method: "PUT", path: pathOf(registry, { principalId, role }), version, body, doing });
    },
    async unassignRole(registry, of) {
      const doing = `take the role of ${of.principalId} on registry ${registry.name} away`;
      await arm.send({ method: "DELETE", path: pathOf(registry, of), version, doing });
    },
  };
}

const pathOf = (registry: At, of: Of) =>
  `${registry.id}/providers/Microsoft.Authorization/roleAssignments/${assignmentName(registry.id, of)}`;

/** RFC 4122, appendix C: the name space of URLs. */
const urls = Buffer.from("6ba7b8119dad11d180b400c04fd430c8", "hex");

/** The same name in each run (a UUID of version 5), so that an assignment whose response was lost is not created twice. */
export function assignmentName(scope: string, { principalId, role }: Of): string {
  const hash = createHash("sha1").update(urls).update(`${scope}|${principalId}|${role}`.toLowerCase()).digest();
  const bytes = hash.subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** A registry's list contains assignments of management groups only if they are above the registry. */
const managementGroups = "/providers/microsoft.management/managementgroups/";

type Wire = { readonly name?: unknown; readonly properties?: Readonly<Record<string, unknown>> };

function asGiven(registry: At, body: unknown): GivenRole[] {
  const { properties = {} } = (body ?? {}) as Wire;
  const { principalId, principalType = "ServicePrincipal", createdOn } = properties;
  if (typeof principalId !== "string" || principalType !== "ServicePrincipal") return [];
  const madeAt = typeof createdOn === "string" ? createdOn : undefined;
  return asAssignment(registry, body, principalId).map((one) => ({ ...one, principalId, madeAt }));
}

function asAssignment(registry: At, body: unknown, principalId: string): RoleAssignment[] {
  const { name, properties = {} } = (body ?? {}) as Wire;
  const { scope, roleDefinitionId, condition } = properties;
  if (typeof name !== "string" || typeof scope !== "string" || typeof roleDefinitionId !== "string") return [];
  const [at, own] = [scope.toLowerCase().replace(/\/$/, ""), registry.id.toLowerCase()];
  if (at !== own && !own.startsWith(`${at}/`) && !at.startsWith(managementGroups)) return [];
  const role = (roleDefinitionId.split("/").at(-1) ?? "").toLowerCase();
  const ours = at === own && name.toLowerCase() === assignmentName(registry.id, { principalId, role });
  return [{ name, role, here: at === own, ours, condition: typeof condition === "string" ? condition : undefined }];
}

/**
 * The permissions of the identity on a registry, from all of its roles (Microsoft.Authorization/permissions, 2022-04-01). Sends no write.
 * @throws CliError forbidden if the identity may not read them
 */
export async function permissionsOn(arm: Arm, { id, name }: AzureRegistry): Promise<Permission[]> {
  const path = `${id}/providers/Microsoft.Authorization/permissions`;
  const list = await arm.list({ path, version: apiVersion.permissions, doing: `read the identity's permissions on registry ${name}` });
  return list.map(asPermission);
}

function asPermission(body: unknown): Permission {
  const { actions, notActions, dataActions, notDataActions } = (body ?? {}) as Partial<Record<keyof Permission, unknown>>;
  return {
    actions: texts(actions),
    notActions: texts(notActions),
    dataActions: texts(dataActions),
    notDataActions: texts(notDataActions),
  };
}

const texts = (list: unknown): string[] => (Array.isArray(list) ? list.filter((it) => typeof it === "string") : []);

import { apiVersion } from "./api-version.ts";
import type { Arm } from "./arm.ts";
import type { AzureRegistry } from "./port.ts";
import type { Permission } from "./principals.ts";

/**
 * What the identity may do on a registry, by all of its roles (Microsoft.Authorization/permissions, 2022-04-01). Nothing is tried.
 * @throws CliError forbidden where it may not even ask
 */
export async function permissionsOn(arm: Arm, { id, name }: AzureRegistry): Promise<Permission[]> {
  const path = `${id}/providers/Microsoft.Authorization/permissions`;
  const list = await arm.list({ path, version: apiVersion.permissions, doing: `read the identity's permissions on registry ${name}` });
  return list.map(asPermission);
}

export function asPermission(body: unknown): Permission {
  const { actions, notActions, dataActions, notDataActions } = (body ?? {}) as Partial<Record<keyof Permission, unknown>>;
  return {
    actions: texts(actions),
    notActions: texts(notActions),
    dataActions: texts(dataActions),
    notDataActions: texts(notDataActions),
  };
}

const texts = (list: unknown): string[] => (Array.isArray(list) ? list.filter((it) => typeof it === "string") : []);

import { CliError } from "../errors.ts";
import type { Login } from "../registry/port.ts";
import { Sensitive } from "../secret/sensitive.ts";
import { apiVersion } from "./api-version.ts";
import type { Arm } from "./arm.ts";
import type { AdminSlot, AzureRegistry } from "./port.ts";

/**
 * The login of a registry's admin user with each of its two passwords, by their names in Azure
 * (Microsoft.ContainerRegistry/registries/listCredentials, 2025-11-01).
 * @throws CliError conflict where the admin user is off; forbidden
 */
export async function adminLogins(arm: Arm, { id, name }: AzureRegistry): Promise<ReadonlyMap<AdminSlot, Login>> {
  const doing = `read the admin user's passwords of registry ${name}`;
  const answer = await arm.send({ method: "POST", path: `${id}/listCredentials`, version: apiVersion.registry, doing });
  const { username, passwords } = (answer ?? {}) as { username?: unknown; passwords?: { name?: unknown; value?: unknown }[] | null };
  const logins = (passwords ?? []).flatMap(({ name: slot, value }) =>
    typeof username === "string" && typeof value === "string" && isSlot(slot)
      ? [[slot, { username, password: new Sensitive(value) }] as const]
      : [],
  );
  if (logins.length === 0) throw new CliError("unreachable", `cannot ${doing}: Azure's answer does not hold it`);
  return new Map(logins);
}

const isSlot = (text: unknown): text is AdminSlot => text === "password" || text === "password2";

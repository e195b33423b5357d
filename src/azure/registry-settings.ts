import { type Json, objectOf, objectsOf } from "../json.ts";
import { Sensitive } from "../sensitive.ts";
import { apiVersion } from "./api-version.ts";
import type { Arm } from "./arm.ts";
import type { Azure, RegistryFacts } from "./port.ts";

/** The settings of a registry and its admin user (Microsoft.ContainerRegistry/registries). */
export const openRegistrySettings = (arm: Arm) =>
  ({
    registryFacts: ({ id, name }) =>
      arm.send({ method: "GET", path: id, version: apiVersion.registry, doing: `read registry ${name}` }, ({ properties }) => {
        if (!properties) return undefined;
        const { adminUserEnabled, roleAssignmentMode, policies, ...others } = objectOf(properties);
        return {
          mode: roleAssignmentMode === "AbacRepositoryPermissions" ? "abac" : "legacy",
          adminUser: adminUserEnabled === true,
          armAudience: objectOf(objectOf(policies).azureADAuthenticationAsArmPolicy).status !== "disabled",
          network: networkIn(others),
        } as const;
      }),

    async adminLogins({ id, name }) {
      const doing = `read the admin user's passwords of registry ${name}`;
      const request = { method: "POST", path: `${id}/listCredentials`, version: apiVersion.registry, doing, isRead: true } as const;
      return arm.send(request, ({ username, passwords }) => {
        const logins = objectsOf(passwords).flatMap(({ name: slot, value }) =>
          typeof username === "string" && typeof value === "string" && typeof slot === "string"
            ? [[slot, { username, password: new Sensitive(value) }] as const]
            : [],
        );
        return logins.length === 0 ? undefined : new Map(logins);
      });
    },
  }) satisfies Partial<Azure>;

function networkIn({ publicNetworkAccess, networkRuleSet }: Json): RegistryFacts["network"] {
  if (publicNetworkAccess === "Disabled") return "private";
  return objectOf(networkRuleSet).defaultAction === "Deny" ? "selected" : "all";
}

import { CliError } from "../errors.ts";
import { type Json, objectOf, objectsOf, textsOf } from "../json.ts";
import { Sensitive } from "../secret/sensitive.ts";
import { apiVersion } from "./api-version.ts";
import type { Arm } from "./arm.ts";
import type { Azure, RegistryFacts } from "./port.ts";

const manualHint = "add each regional host with --registry NAME.REGION.geo.azurecr.io --merge";

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
      const request = { method: "POST", path: `${id}/listCredentials`, version: apiVersion.registry, doing } as const;
      return arm.send(request, ({ username, passwords }) => {
        const logins = objectsOf(passwords).flatMap(({ name: slot, value }) =>
          typeof username === "string" && typeof value === "string" && typeof slot === "string"
            ? [[slot, { username, password: new Sensitive(value) }] as const]
            : [],
        );
        return logins.length === 0 ? undefined : new Map(logins);
      });
    },

    /**
     * Versions before 2026-01-01-preview do not return the hosts: a replication has a location and no host.
     * @throws CliError if the cloud has no such version
     */
    async regionalHosts({ id, name }) {
      const doing = `read the regional endpoints of registry ${name}`;
      const request = { method: "GET", path: id, version: apiVersion.regionalEndpoints, doing } as const;
      // A cloud without such a version rejects the request as invalid
      const properties = await arm
        .send(request, (body) => (body.properties ? objectOf(body.properties) : undefined))
        .catch((error: unknown) => {
          throw error instanceof CliError && error.kind === "invalid" ? error.withHint(manualHint) : error;
        });
      const { regionalEndpoints, regionalEndpointHostNames: hosts } = properties;
      if (regionalEndpoints === undefined)
        throw new CliError("invalid", `cannot ${doing}: this cloud does not return them`, { hint: manualHint });
      return regionalEndpoints === "Enabled"
        ? textsOf(hosts)
            .map((host) => host.toLowerCase())
            .sort()
        : [];
    },
  }) satisfies Partial<Azure>;

function networkIn({ publicNetworkAccess, networkRuleSet }: Json): RegistryFacts["network"] {
  if (publicNetworkAccess === "Disabled") return "private";
  return objectOf(networkRuleSet).defaultAction === "Deny" ? "selected" : "all";
}

import type { Azure, AzureRegistry } from "../azure/port.ts";
import type { Plan } from "../plan/change.ts";
import type { Removal } from "../plan/prune.ts";
import type { Credential } from "./kind.ts";

/** Who takes something away: what it plans, does, and calls it by hand. */
export type Remover = Pick<Credential, "carry" | "removal"> & { plan(removal: Removal): Promise<Plan> };

/** What a kind of credential takes away by itself. */
export function removerOf({ carry, removal, life }: Credential): Remover {
  return { carry, removal, plan: async ({ identity, passwords }) => (await life?.revoke(identity, passwords)) ?? [] };
}

/** Takes roles of this plugin's away whose principal is gone; each stands under the id of that. */
export function lostRoles(azure: Azure, registry: AzureRegistry): Remover {
  const roles = new Map<string, string>();
  return {
    plan: async ({ to, passwords }) => {
      const [{ slot = "" } = {}] = passwords;
      roles.set(to.name, slot);
      return [{ act: "delete", to, because: "whoever it was of is gone" }];
    },
    carry: async ({ to }) => {
      await azure.unassignRole(registry, { principalId: to.name, role: roles.get(to.name) ?? "" });
      return {};
    },
    removal: ({ to }) => ["az", "role", "assignment", "list", "--scope", registry.id, "--query", `[?principalId=='${to.name}']`],
  };
}

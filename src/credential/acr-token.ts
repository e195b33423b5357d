import type { Azure, AzureRegistry, Login } from "../context.ts";
import type { Mint, Scope } from "../plan/change.ts";

/** The hands of a plan for an ACR token: they make what it says, and can take back what they made. */
export type TokenHands = {
  scope(change: Scope): Promise<void>;
  mint(change: Mint): Promise<Login>;
  /** Puts the scope map and the token back to where this run found them: what it made goes, what stood before stays. */
  undo(): Promise<void>;
};

/** @param description what the scope map says of itself in Azure */
export function acrToken(azure: Azure, registry: AzureRegistry, description: string): TokenHands {
  const made: (() => Promise<void>)[] = [];
  return {
    async scope({ to: { name }, before, actions }) {
      await azure.putScopeMap(registry, { name, description, actions });
      made.unshift(async () => {
        if (before) await azure.putScopeMap(registry, { name, description, actions: before });
        else await azure.deleteScopeMap(registry, name);
      });
    },
    async mint({ to: { name }, isNew, slot, expiresAt }) {
      if (isNew) {
        await azure.putToken(registry, { name, scopeMapId: `${registry.id}/scopeMaps/${name}` });
        made.unshift(() => azure.deleteToken(registry, name));
      }
      const { password } = await azure.generatePassword(registry, { token: name, slot, expiry: expiresAt });
      return { username: name, password };
    },
    async undo() {
      // A token goes before the scope map that it uses
      for (const takeBack of made.splice(0)) await takeBack();
    },
  };
}

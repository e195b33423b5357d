import type { Azure, SignInOptions, Stock } from "../../src/azure/port.ts";
import type { Credential, Sources } from "../../src/credential/kind.ts";
import { kindNamed } from "../../src/credential/kinds.ts";
import { deletionWait } from "../../src/credential/retry.ts";
import type { Entry } from "../../src/secret/entry.ts";

/** A credential that a Secret notes, to revoke it, or why nobody here can; each is opened once. @throws CliError */
export type Open = (of: { readonly entry: Entry; readonly host: string }) => Promise<Credential | string>;

export function opener(identity: SignInOptions, sources: Sources): Open {
  const opened = new Map<string, Promise<Credential>>();
  const stocks = new Map<string, Promise<Stock>>();
  const asked = { ...sources, azure: async (as: SignInOptions) => countedOnce(await sources.azure(as), stocks) };

  return async ({ entry, host }) => {
    const kind = kindNamed(entry.kind);
    if (!kind) return "this version does not know that kind, and a newer one can revoke it";
    if (typeof kind.noted === "string") return kind.noted;
    if (kind.ownLifetime)
      return `it dies by itself${entry.expiresAt === undefined ? "" : ` at ${entry.expiresAt}`}, and nobody can end it before`;
    const flags = kind.noted(entry);
    const key = JSON.stringify([kind.name, host, flags]);
    const again = { do: "create", registry: host } as const;
    const found =
      opened.get(key) ??
      kind.open({ flags, registry: host, identity, verify: false, expiresAt: undefined, wait: deletionWait, again }, asked);
    opened.set(key, found);
    return found;
  };
}

/** What a registry has is read once, however many of its tokens are to go. */
function countedOnce(azure: Azure, stocks: Map<string, Promise<Stock>>): Azure {
  return {
    ...azure,
    stock: (registry) => {
      const found = stocks.get(registry.id) ?? azure.stock(registry);
      stocks.set(registry.id, found);
      return found;
    },
  };
}

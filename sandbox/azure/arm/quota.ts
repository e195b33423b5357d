import type { Registry } from "../world.ts";
import { refuse } from "./request.ts";

/** Tokens, and as many scope maps, that a registry of each SKU may have. Fixed by Azure. */
export const limits: Readonly<Record<Registry["sku"], number>> = { Basic: 100, Standard: 500, Premium: 50_000 };

/** Refuses one more of what a registry has as many of as its SKU allows. */
export function quota(registry: Registry, what: "tokens" | "scope maps", have: number): void {
  const limit = limits[registry.sku];
  if (have >= limit)
    refuse(403, "QuotaExceeded", `The registry '${registry.name}' of SKU ${registry.sku} may have at most ${limit} ${what}.`);
}

import type { Registry } from "../world.ts";
import { refuse } from "./request.ts";

/** The maximum number of tokens, and of scope maps, per registry SKU. Azure sets these numbers. */
export const limits: Readonly<Record<Registry["sku"], number>> = { Basic: 100, Standard: 500, Premium: 50_000 };

/** Rejects another token or scope map if the registry's SKU allows no more. */
export function quota(registry: Registry, what: "tokens" | "scope maps", have: number): void {
  const limit = limits[registry.sku];
  if (have >= limit)
    refuse(403, "QuotaExceeded", `The registry '${registry.name}' of SKU ${registry.sku} may have at most ${limit} ${what}.`);
}

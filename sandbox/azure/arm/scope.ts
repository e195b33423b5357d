import { type ArmAsk, findRegistry, refuse } from "./request.ts";

/** The part of a path before any resource of Microsoft.Authorization. */
export const provider = "{*scope}/providers/Microsoft.Authorization";

/** Returns the scope in a path. If it is a registry, the registry must exist. */
export function scopeOf({ state, at }: ArmAsk): string {
  const scope = at.scope ?? "";
  const isRegistry = /\/providers\/Microsoft\.ContainerRegistry\/registries\/[^/]+$/i.test(scope);
  if (isRegistry && !findRegistry(state.world, scope)) refuse(404, "ResourceNotFound", `The Resource '${scope}' was not found.`);
  return scope;
}

/** Rejects an unsupported $filter. */
export function badFilter(filter: string): never {
  return refuse(400, "UnsupportedQuery", `The filter '${filter}' is not supported.`);
}

/** Returns the path of a scope's subscription. */
export function subscriptionOf(scope: string): string {
  return /^\/subscriptions\/[^/]+/i.exec(scope)?.[0] ?? "";
}

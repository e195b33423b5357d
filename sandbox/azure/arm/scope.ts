import { type ArmAsk, findRegistry, refuse } from "./request.ts";

/** What stands before everything of Microsoft.Authorization in a path. */
export const provider = "{*scope}/providers/Microsoft.Authorization";

/** The scope that a path is about, which has to exist if it is a registry. */
export function scopeOf({ state, at }: ArmAsk): string {
  const scope = at.scope ?? "";
  const isRegistry = /\/providers\/Microsoft\.ContainerRegistry\/registries\/[^/]+$/i.test(scope);
  if (isRegistry && !findRegistry(state.world, scope)) refuse(404, "ResourceNotFound", `The Resource '${scope}' was not found.`);
  return scope;
}

/** Refuses a $filter that is not understood. */
export function badFilter(filter: string): never {
  return refuse(400, "UnsupportedQuery", `The filter '${filter}' is not supported.`);
}

/** The subscription that a scope lies in, as a path. */
export function subscriptionOf(scope: string): string {
  return /^\/subscriptions\/[^/]+/i.exec(scope)?.[0] ?? "";
}

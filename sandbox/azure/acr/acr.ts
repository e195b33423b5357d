import type { Answer, Ask } from "../http.ts";
import type { State } from "../state.ts";
import type { Registry } from "../world.ts";
import { tags } from "./catalog.ts";
import { acrError } from "./errors.ts";
import { exchange, token } from "./oauth2.ts";

/** Serves a registry's own endpoints, except /v2/. */
export async function acr(ask: Ask, state: State, registry: Registry): Promise<Answer> {
  const route = `${ask.method} ${ask.path}`;
  if (route === "POST /oauth2/exchange") return exchange(ask, state, registry);
  if (route === "POST /oauth2/token" || route === "GET /oauth2/token") return token(ask, state, registry);
  const repository = /^GET \/acr\/v1\/(.+)\/_tags$/.exec(route)?.[1];
  if (repository !== undefined) return tags(ask, state, registry, repository);
  return acrError(404, "NOT_FOUND", "not found");
}

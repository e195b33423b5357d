import type { AcrToken, AzureRegistry, ScopeMap, Slot } from "../context.ts";
import { CliError } from "../errors.ts";
import { Sensitive } from "../secret/sensitive.ts";
import { type Arm, apiVersion } from "./arm.ts";

const version = apiVersion.registry;

/** A scope map or a token of a registry, Microsoft.ContainerRegistry/registries/{scopeMaps,tokens}. */
const pathOf = ({ id }: AzureRegistry, kind: "scopeMaps" | "tokens", name: string) => `${id}/${kind}/${encodeURIComponent(name)}`;

export async function scopeMap(arm: Arm, registry: AzureRegistry, name: string): Promise<ScopeMap | undefined> {
  const path = pathOf(registry, "scopeMaps", name);
  return asScopeMap(await arm.send({ method: "GET", path, version, doing: `read scope map ${name}` }));
}

/** Makes or replaces a scope map; a change holds at once for every token that uses it. */
export async function putScopeMap(
  arm: Arm,
  registry: AzureRegistry,
  { name, description, actions }: { name: string; description: string; actions: readonly string[] },
): Promise<ScopeMap> {
  const body = { properties: { description, actions } };
  const doing = `write scope map ${name}`;
  const map = asScopeMap(await arm.send({ method: "PUT", path: pathOf(registry, "scopeMaps", name), version, body, doing }));
  return map ?? unreadable(doing);
}

export async function token(arm: Arm, registry: AzureRegistry, name: string): Promise<AcrToken | undefined> {
  return asToken(await arm.send({ method: "GET", path: pathOf(registry, "tokens", name), version, doing: `read token ${name}` }));
}

/** Makes a token, or gives it another scope map and enables it; its passwords stay as they are. */
export async function putToken(
  arm: Arm,
  registry: AzureRegistry,
  { name, scopeMapId }: { name: string; scopeMapId: string },
): Promise<AcrToken> {
  const body = { properties: { scopeMapId, status: "enabled" } };
  const doing = `write token ${name}`;
  return asToken(await arm.send({ method: "PUT", path: pathOf(registry, "tokens", name), version, body, doing })) ?? unreadable(doing);
}

/** Deletes a token or a scope map; one that is not there is fine. */
export async function remove(arm: Arm, registry: AzureRegistry, kind: "scopeMaps" | "tokens", name: string): Promise<void> {
  const what = kind === "tokens" ? "token" : "scope map";
  await arm.send({ method: "DELETE", path: pathOf(registry, kind, name), version, doing: `delete ${what} ${name}` });
}

/**
 * Makes the password of one slot anew. The slot is always named: without it Azure makes both, and locks everybody out.
 * @throws CliError
 */
export async function generatePassword(
  arm: Arm,
  registry: AzureRegistry,
  { token: name, slot, expiry }: { token: string; slot: Slot; expiry?: string | undefined },
): Promise<{ password: Sensitive; creationTime?: string; expiry?: string }> {
  const doing = `make ${slot} of token ${name}`;
  const body = { tokenId: pathOf(registry, "tokens", name), name: slot, ...(expiry === undefined ? {} : { expiry }) };
  const answer = await arm.send({ method: "POST", path: `${registry.id}/generateCredentials`, version, body, doing });
  const { passwords } = (answer ?? {}) as { passwords?: { name?: unknown; value?: unknown; creationTime?: unknown; expiry?: unknown }[] };
  const made = passwords?.find((it) => it.name === slot);
  if (typeof made?.value !== "string" || made.value === "") return unreadable(doing);
  const { creationTime, expiry: until } = made;
  return {
    password: new Sensitive(made.value),
    ...(typeof creationTime === "string" && { creationTime }),
    ...(typeof until === "string" && { expiry: until }),
  };
}

/** Empties one slot of a token; the other keeps its password. */
export async function clearPassword(
  arm: Arm,
  registry: AzureRegistry,
  { token: name, slot }: { token: string; slot: Slot },
): Promise<void> {
  const passwords = (["password1", "password2"] as const).filter((other) => other !== slot).map((other) => ({ name: other }));
  const body = { properties: { credentials: { passwords } } };
  await arm.send({ method: "PATCH", path: pathOf(registry, "tokens", name), version, body, doing: `empty ${slot} of token ${name}` });
}

/** How many tokens a registry has. */
export async function tokenCount(arm: Arm, registry: AzureRegistry): Promise<number> {
  return (await arm.list({ path: `${registry.id}/tokens`, version, doing: "count the registry's tokens" })).length;
}

function asScopeMap(body: unknown): ScopeMap | undefined {
  if (body === undefined) return undefined;
  const { id, name, properties } = body as { id: string; name: string; properties?: { description?: string | null; actions?: string[] } };
  return { id, name, description: properties?.description ?? "", actions: properties?.actions ?? [] };
}

type WirePassword = { name: Slot; creationTime?: string | null; expiry?: string | null };
type WireToken = {
  name: string;
  properties?: { scopeMapId?: string; status?: string; credentials?: { passwords?: WirePassword[] | null } | null };
};

function asToken(body: unknown): AcrToken | undefined {
  if (body === undefined) return undefined;
  const { name, properties } = body as WireToken;
  return {
    name,
    scopeMapId: properties?.scopeMapId ?? "",
    status: properties?.status === "disabled" ? "disabled" : "enabled",
    passwords: (properties?.credentials?.passwords ?? []).map((it) => ({
      name: it.name,
      ...(it.creationTime ? { creationTime: it.creationTime } : {}),
      ...(it.expiry ? { expiry: it.expiry } : {}),
    })),
  };
}

function unreadable(doing: string): never {
  throw new CliError("unreachable", `cannot ${doing}: Azure's answer does not hold it`);
}

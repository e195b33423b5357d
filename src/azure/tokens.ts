import { CliError, unlessForbidden } from "../errors.ts";
import { Sensitive } from "../secret/sensitive.ts";
import { isSameTime } from "../timestamp.ts";
import { apiVersion } from "./api-version.ts";
import type { Arm } from "./arm.ts";
import type { AcrToken, AzureRegistry, ScopeMap, Slot } from "./port.ts";

const version = apiVersion.registry;

/** A scope map or a token of a registry, Microsoft.ContainerRegistry/registries/{scopeMaps,tokens}. */
const pathOf = ({ id }: AzureRegistry, kind: "scopeMaps" | "tokens", name: string) => `${id}/${kind}/${encodeURIComponent(name)}`;

export async function scopeMap(arm: Arm, registry: AzureRegistry, name: string): Promise<ScopeMap | undefined> {
  const path = pathOf(registry, "scopeMaps", name);
  const doing = `read scope map ${name}`;
  return asScopeMap(doing, await arm.send({ method: "GET", path, version, doing }));
}

/** Creates or replaces a scope map. A change applies at once to every token that uses it. */
export async function putScopeMap(
  arm: Arm,
  registry: AzureRegistry,
  { name, description, actions }: { name: string; description: string; actions: readonly string[] },
): Promise<ScopeMap> {
  const body = { properties: { description, actions } };
  const doing = `write scope map ${name}`;
  const map = asScopeMap(doing, await arm.send({ method: "PUT", path: pathOf(registry, "scopeMaps", name), version, body, doing }));
  return map ?? unreadable(doing);
}

export async function token(arm: Arm, registry: AzureRegistry, name: string): Promise<AcrToken | undefined> {
  const doing = `read token ${name}`;
  return asToken(doing, await arm.send({ method: "GET", path: pathOf(registry, "tokens", name), version, doing }));
}

/**
 * Creates a token, or gives it another scope map and enables it. Its passwords stay unchanged. If Azure returns the token as disabled,
 * enables it once more.
 * @throws CliError conflict if it stays disabled
 */
export async function putToken(
  arm: Arm,
  registry: AzureRegistry,
  { name, scopeMapId }: { name: string; scopeMapId: string },
): Promise<AcrToken> {
  const path = pathOf(registry, "tokens", name);
  const doing = `write token ${name}`;
  const write = async (method: "PUT" | "PATCH", properties: object) =>
    asToken(doing, await arm.send({ method, path, version, body: { properties }, doing })) ?? unreadable(doing);
  const written = await write("PUT", { scopeMapId, status: "enabled" });
  const token = written.status === "disabled" ? await write("PATCH", { status: "enabled" }) : written;
  if (token.status === "enabled") return token;
  throw new CliError("conflict", `Azure keeps the ACR token "${name}" disabled`, {
    hint: `az acr token update --registry ${registry.name} --name ${name} --status enabled`,
  });
}

/** Deletes a token or a scope map. A missing one is not an error. */
export async function deleteTokenObject(arm: Arm, registry: AzureRegistry, kind: "scopeMaps" | "tokens", name: string): Promise<void> {
  const what = kind === "tokens" ? "token" : "scope map";
  await arm.send({ method: "DELETE", path: pathOf(registry, kind, name), version, doing: `delete ${what} ${name}` });
}

/**
 * The number of tokens of a registry, from its usages (Registries_ListUsages). Counts a list of up to 50,000 tokens only if the identity
 * may not read the usages, or if Azure reports none for tokens.
 */
export async function tokenCount(arm: Arm, { id, name }: AzureRegistry): Promise<number> {
  const doing = `read the usages of registry ${name}`;
  const answer = await arm.send({ method: "GET", path: `${id}/listUsages`, version, doing }).catch(unlessForbidden(undefined));
  const { value } = (answer ?? {}) as { value?: { name?: unknown; currentValue?: unknown }[] };
  const used = value?.find((usage) => usage.name === "Tokens")?.currentValue;
  return typeof used === "number" ? used : (await arm.list({ path: `${id}/tokens`, version, doing: `list the tokens of ${name}` })).length;
}

/** A token's slot; with `madeAt`, only the password that was created then. */
export type SlotRef = { readonly token: string; readonly slot: Slot; readonly madeAt?: string | undefined };

/**
 * Deletes the password of one slot. The other password stays. Azure accepts the list of passwords that stay, without a precondition: a
 * password that another client creates between the read and the write is lost. So no other request comes between the two.
 *
 * @returns whether the slot is empty now; false if it holds another password than the given one
 * @throws CliError
 */
export async function clearPassword(arm: Arm, registry: AzureRegistry, { token: name, slot, madeAt }: SlotRef): Promise<boolean> {
  const doing = `take ${slot} of token ${name} away`;
  const path = pathOf(registry, "tokens", name);
  const passwords = asToken(doing, await arm.send({ method: "GET", path, version, doing }))?.passwords ?? [];
  const held = passwords.find((it) => it.slot === slot);
  if (!held) return true;
  if (madeAt !== undefined && !isSameTime(held.madeAt, madeAt)) return false;
  const staying = passwords.filter((it) => it !== held).map((it) => ({ name: it.slot }));
  await arm.send({ method: "PATCH", path, version, body: { properties: { credentials: { passwords: staying } } }, doing });
  return true;
}

/**
 * Regenerates the password of one slot. Always names the slot: otherwise Azure regenerates both, and all users lose access. Waits for a
 * token that is being created at the same time.
 * @returns the password, and its creation time in Azure, by which a later run checks that the slot has not changed
 * @throws CliError
 */
export async function generatePassword(
  arm: Arm,
  registry: AzureRegistry,
  { token: name, slot, expiresAt }: { token: string; slot: Slot; expiresAt?: string | undefined },
): Promise<{ password: Sensitive; madeAt?: string; expiresAt?: string }> {
  const doing = `make ${slot} of token ${name}`;
  const body = { tokenId: pathOf(registry, "tokens", name), name: slot, expiry: expiresAt };
  const path = `${registry.id}/generateCredentials`;
  const answer = await arm.send({ method: "POST", path, version, body, doing, passing: "TokenNotActive" });
  type Made = { name?: unknown; value?: unknown; creationTime?: unknown; expiry?: unknown };
  const { passwords } = (answer ?? {}) as { passwords?: Made[] };
  const made = passwords?.find((it) => it.name === slot);
  if (typeof made?.value !== "string" || made.value === "") return unreadable(doing);
  const { value, creationTime, expiry } = made;
  return {
    password: new Sensitive(value),
    madeAt: typeof creationTime === "string" ? creationTime : undefined,
    expiresAt: typeof expiry === "string" ? expiry : undefined,
  };
}

export function asScopeMap(doing: string, body: unknown): ScopeMap | undefined {
  if (body === undefined) return undefined;
  if (!isResource(body)) return unreadable(doing);
  const { id, name, properties } = body as { id: string; name: string; properties?: { description?: string | null; actions?: string[] } };
  return { id, name, description: properties?.description ?? "", actions: properties?.actions ?? [] };
}

type WirePassword = { name: Slot; creationTime?: string | null; expiry?: string | null };
type WireToken = {
  name: string;
  properties?: { scopeMapId?: string; status?: string; credentials?: { passwords?: WirePassword[] | null } | null };
};

export function asToken(doing: string, body: unknown): AcrToken | undefined {
  if (body === undefined) return undefined;
  if (!isResource(body)) return unreadable(doing);
  const { name, properties } = body as WireToken;
  return {
    name,
    scopeMapId: properties?.scopeMapId ?? "",
    status: properties?.status === "disabled" ? "disabled" : "enabled",
    passwords: (properties?.credentials?.passwords ?? []).map((it) => ({
      slot: it.name,
      madeAt: it.creationTime || undefined,
      expiresAt: it.expiry || undefined,
    })),
  };
}

/** Whether a response is a resource of ARM, and not the body of an error or of a proxy in front of Azure. */
function isResource(body: unknown): body is { id: string; name: string } {
  const { id, name } = (body ?? {}) as { id?: unknown; name?: unknown };
  return typeof id === "string" && typeof name === "string";
}

function unreadable(doing: string): never {
  throw new CliError("unreachable", `cannot ${doing}: Azure's answer does not hold it`);
}

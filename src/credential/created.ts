import type { Azure, AzureRegistry, Stock } from "../azure/port.ts";
import type { Application, GivenRole } from "../azure/principals.ts";
import type { Plan } from "../plan/change.ts";
import type { Made, Removal } from "../plan/prune.ts";
import { grouped } from "../plan/rotation.ts";
import { readMadeFor } from "../secret/azure-words.ts";
import type { Credential } from "./kind.ts";
import { pullRole } from "./service-principal/roles.ts";

/** Returns the tokens and scope maps that this plugin created. A token has no description, so the description of its scope map counts. */
export function createdTokens({ tokens, scopeMaps }: Stock, { loginServer }: AzureRegistry): Made[] {
  const having = new Map(grouped(tokens, mapOf).map((all) => [mapOf(all[0]), all]));
  const names = new Set(tokens.map(({ name }) => lower(name)));
  return scopeMaps.flatMap((map): Made[] => {
    const of = readMadeFor(map.description);
    if (!of) return [];
    const users = having.get(lower(map.name)) ?? [];
    const own = users.find(({ name }) => lower(name) === lower(map.name));
    const common = { kind: "acr-token", host: loginServer, for: of } as const;
    return [
      own ? { ...common, ...tokenOf(own, map, users) } : { ...common, ...mapAlone(map, users.length > 0 || names.has(lower(map.name))) },
    ];
  });
}

type ScopeMap = Stock["scopeMaps"][number];
type Token = Stock["tokens"][number];
type Own = Omit<Made, "kind" | "host" | "for">;

const lower = (text = "") => text.toLowerCase();

const mapOf = (token: Token | undefined) => lower(token?.scopeMapId.split("/").at(-1));

function mapAlone({ name, madeAt, changedAt }: ScopeMap, needed: boolean): Own {
  const to = { kind: "scopemap.azurecr.io", name } as const;
  return { to, identity: name, what: "scope map", passwords: [], madeAt, changedAt: latestOf([madeAt, changedAt]), ...asNeeded(needed) };
}

/** Returns a token with its scope map. Deleting the token also deletes its scope map, which other tokens may have. */
function tokenOf({ name, madeAt, ...own }: Token, map: ScopeMap, users: readonly Token[]): Own {
  const passwords = own.passwords.map(({ name: slot, creationTime: madeAt }) => ({ slot, madeAt }));
  const changedAt = latestOf([madeAt, own.changedAt, map.madeAt, map.changedAt, ...passwords.map((password) => password.madeAt)]);
  const to = { kind: "token.azurecr.io", name } as const;
  return { to, identity: name, what: "token", passwords, madeAt, changedAt, ...asNeeded(users.length > 1) };
}

const asNeeded = (needed: boolean): Pick<Made, "needed"> => (needed ? { needed } : {});

/** Returns the latest time; undefined if none is known. */
function latestOf(moments: readonly (string | undefined)[]): string | undefined {
  const known = moments.flatMap((moment) => (moment === undefined ? [] : [moment]));
  return known.toSorted((a, b) => Date.parse(b) - Date.parse(a))[0];
}

/** The number of principals that are read concurrently: Microsoft Graph throttles. */
const atOnce = 8;

/**
 * Returns the applications with a role on the registry that this plugin created, the passwords that it added, and the roles of deleted
 * principals.
 */
export async function createdPrincipals(azure: Azure, registry: AzureRegistry): Promise<Made[]> {
  const roles = (await azure.givenRoles(registry)).filter(({ role }) => Object.values(pullRole).some(({ id }) => id === role));
  const ids = [...new Set(roles.map(({ principalId }) => principalId))];
  const made: Made[] = [];
  for (let at = 0; at < ids.length; at += atOnce) {
    const some = ids.slice(at, at + atOnce).map((id) => madeFor(id, roles, azure));
    made.push(...(await Promise.all(some)).flat());
  }
  return made;
}

async function madeFor(id: string, roles: readonly GivenRole[], azure: Azure): Promise<Made[]> {
  const principal = await azure.principal(id);
  if (!principal) return roles.filter(({ principalId, ours, here }) => principalId === id && ours && here).map(lost);
  const [application] = await azure.applications({ appId: principal.appId });
  if (!application) return [];
  const isEmpty = application.keys.length === 0 && readMadeFor(application.notes) !== undefined;
  const { otherKeys } = isEmpty ? await azure.custody(application.id, principal.id) : { otherKeys: [] };
  return madeIn(application, otherKeys.length > 0);
}

/** Returns a role assignment of this plugin whose principal was deleted. */
const lost = ({ principalId, role, madeAt }: GivenRole): Made => ({
  to: { kind: "roleassignment.management.azure.com", name: principalId },
  what: "role",
  kind: "service-principal",
  identity: "",
  passwords: [{ slot: role }],
  for: { words: "an application that is gone", clusters: [] },
  madeAt,
  changedAt: madeAt,
  lost: true,
});

/** @param needed other users sign in to it with a certificate or a federated credential */
function madeIn({ displayName: name, appId: identity, notes, madeAt, keys }: Application, needed: boolean): Made[] {
  const common = { to: { kind: "application.graph.microsoft.com", name }, kind: "service-principal", identity } as const;
  const existing = keys.map(({ keyId }) => keyId);
  const passwords = keys.flatMap((key): Made[] => {
    const of = readMadeFor(key.displayName);
    if (!of) return [];
    const one = { slot: key.keyId, madeAt: key.madeAt };
    return [{ ...common, what: "password", passwords: [one], existing, for: of, madeAt: key.madeAt, changedAt: key.madeAt }];
  });
  const of = readMadeFor(notes);
  if (keys.length > 0 || !of) return passwords;
  return [{ ...common, what: "application", passwords: [], for: of, madeAt, changedAt: madeAt, ...asNeeded(needed) }];
}

/** Removes objects that this plugin created. */
export type Remover = Pick<Credential, "apply" | "removal"> & { plan(removal: Removal): Promise<Plan> };

/** Returns the remover of a credential. */
export function removerOf({ apply, removal, lifecycle }: Credential): Remover {
  return { apply, removal, plan: async ({ identity, passwords }) => (await lifecycle?.revoke(identity, passwords)) ?? [] };
}

/** Returns the remover of role assignments by this plugin whose principal was deleted. Each is named after the principal's id. */
export function orphanedRoles(azure: Azure, registry: AzureRegistry): Remover {
  const roles = new Map<string, string>();
  return {
    plan: async ({ to, passwords }) => {
      const [{ slot = "" } = {}] = passwords;
      roles.set(to.name, slot);
      return [{ act: "delete", to, because: "whoever it was of is gone" }];
    },
    apply: async ({ to }) => {
      await azure.unassignRole(registry, { principalId: to.name, role: roles.get(to.name) ?? "" });
      return {};
    },
    removal: ({ to }) => ["az", "role", "assignment", "list", "--scope", registry.id, "--query", `[?principalId=='${to.name}']`],
  };
}

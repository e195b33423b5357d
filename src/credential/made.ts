import type { Application, GivenRole } from "../azure/principals.ts";
import type { Azure, AzureRegistry, Stock } from "../context.ts";
import type { Made } from "../plan/prune.ts";
import { readMadeFor } from "../secret/azure-words.ts";
import { pullRole } from "./pull-roles.ts";

/** The tokens and scope maps that this plugin has made: a token says nothing of itself, so that its scope map does. */
export function madeTokens({ tokens, scopeMaps }: Stock, { loginServer: host }: AzureRegistry): Made[] {
  const lower = (text = "") => text.toLowerCase();
  const mapOf = ({ scopeMapId }: (typeof tokens)[number]) => lower(scopeMapId.split("/").at(-1));
  return scopeMaps.flatMap((map): Made[] => {
    const of = readMadeFor(map.description);
    if (!of) return [];
    const users = tokens.filter((token) => mapOf(token) === lower(map.name));
    const own = users.find(({ name }) => lower(name) === lower(map.name));
    const named = tokens.some(({ name }) => lower(name) === lower(map.name));
    const common = { kind: "acr-token", identity: own?.name ?? map.name, host, for: of };
    const latest = (...moments: readonly (string | undefined)[]) => latestOf([...moments, map.madeAt, map.changedAt]);
    if (!own) {
      const to = { kind: "scopemap.azurecr.io", name: map.name } as const;
      const needed = users.length > 0 || named ? ({ needed: true } as const) : {};
      return [{ ...common, to, what: "scope map", passwords: [], madeAt: map.madeAt, changedAt: latest(), ...needed }];
    }
    const passwords = own.passwords.map(({ name: slot, creationTime: madeAt }) => ({ slot, ...(madeAt !== undefined && { madeAt }) }));
    const changedAt = latest(own.madeAt, own.changedAt, ...passwords.map(({ madeAt }) => madeAt));
    const to = { kind: "token.azurecr.io", name: own.name } as const;
    return [{ ...common, to, what: "token", passwords, madeAt: own.madeAt, changedAt }];
  });
}

/** The last of these moments; undefined where none is known. */
function latestOf(moments: readonly (string | undefined)[]): string | undefined {
  const known = moments.flatMap((moment) => (moment === undefined ? [] : [moment]));
  return known.toSorted((a, b) => Date.parse(b) - Date.parse(a))[0];
}

/** Principals that are looked at at once: Microsoft Graph throttles. */
const atOnce = 8;

/** The applications with a role on the registry that this plugin has made, the passwords that it has added, and roles whose owner is gone. */
export async function madePrincipals(azure: Azure, registry: AzureRegistry): Promise<Made[]> {
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
  return application ? madeIn(application) : [];
}

/** A role of this plugin's whose principal nobody knows. */
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

function madeIn({ displayName: name, appId: identity, notes, madeAt, keys }: Application): Made[] {
  const common = { to: { kind: "application.graph.microsoft.com", name }, kind: "service-principal", identity } as const;
  const passwords = keys.flatMap((key): Made[] => {
    const of = readMadeFor(key.displayName);
    if (!of) return [];
    const one = { slot: key.keyId, ...(key.madeAt !== undefined && { madeAt: key.madeAt }) };
    return [{ ...common, what: "password", passwords: [one], for: of, madeAt: key.madeAt, changedAt: key.madeAt }];
  });
  const of = readMadeFor(notes);
  if (keys.length > 0 || !of) return passwords;
  return [{ ...common, what: "application", passwords: [], for: of, madeAt, changedAt: madeAt }];
}

import type { AzureRegistry, Permission, Principals, RegistryFacts, RoleAssignment, RoleDefinition } from "../azure/port.ts";
import { CliError, unlessRefused } from "../errors.ts";
import { inLine, shownName } from "../wording.ts";

/** The verbs for scope map actions that change a repository (ACR scopeMaps, `repositories/NAME/ACTION`). */
const verbs: Readonly<Record<string, string>> = {
  "content/write": "push",
  "content/delete": "delete",
  "metadata/write": "change metadata",
};

/**
 * Returns the rights beyond reading that the actions of a scope map grant: `app/web push`, `* delete`. Returns unknown actions unchanged.
 */
export function rightsOf(actions: readonly string[]): string[] {
  return [...new Set(actions.flatMap(rightOf))].sort();
}

function rightOf(action: string): string[] {
  const [, repository = "", right = ""] = /^repositories\/(.+)\/((?:content|metadata)\/[a-z]+)$/i.exec(action) ?? [];
  const does = right.toLowerCase();
  if (does === "content/read" || does === "metadata/read") return [];
  const verb = verbs[does];
  return [verb === undefined ? shownName(action) : `${shownName(repository)} ${verb}`];
}

/** The permissions mode of a registry. */
export type Mode = RegistryFacts["mode"];

/** `pulls`: the mode of the registries whose images the role allows to pull. */
type BuiltInRole = { readonly id: string; readonly name: string; readonly onlyReads?: true; readonly pulls?: Mode };

/** The built-in role that allows only pulling, by the mode of the registry. */
export const pullRole = {
  legacy: { id: "7f951dda-4ed3-4680-a7ca-43fe172d538d", name: "AcrPull", onlyReads: true, pulls: "legacy" },
  abac: { id: "b93aa761-3e63-49ed-ac28-beffa264f7ac", name: "Container Registry Repository Reader", onlyReads: true, pulls: "abac" },
} as const satisfies Record<Mode, BuiltInRole>;

/** Azure's built-in roles with rights on a registry. */
const builtIn: readonly BuiltInRole[] = [
  ...Object.values(pullRole),
  { id: "acdd72a7-3385-48ef-bd42-f606fba81ae7", name: "Reader", onlyReads: true },
  { id: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", name: "Owner" },
  { id: "b24988ac-6180-42a0-ab88-20f7382dd24c", name: "Contributor" },
  { id: "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", name: "User Access Administrator" },
  { id: "f58310d9-a9f6-439a-9e8d-f62e7b41a168", name: "Role Based Access Control Administrator" },
  { id: "8311e382-0749-4cb8-b61a-304f252e45ec", name: "AcrPush", pulls: "legacy" },
  { id: "c2f4ef07-c644-48eb-af81-4b1b4947fb11", name: "AcrDelete" },
  { id: "2a1e307c-b015-4ebd-883e-5b7698a07328", name: "Container Registry Repository Writer", pulls: "abac" },
  { id: "2efddaa5-3f1f-4df3-97df-af3f13818f4c", name: "Container Registry Repository Contributor", pulls: "abac" },
];

/** Returns a built-in role by its GUID; undefined for a custom role, whose definition must be read to judge it. */
export const builtInRole = (guid: string): BuiltInRole | undefined => builtIn.find(({ id }) => id === guid);

/**
 * Returns the rights beyond reading that roles grant: `actions of role "AcrPush"`. A role whose definition is unknown counts as more than
 * reading.
 */
function rightsOfRoles(roles: readonly string[], definitions: ReadonlyMap<string, RoleDefinition | undefined>): string[] {
  return [...new Set(roles)].flatMap((guid) => {
    const known = builtInRole(guid);
    const definition = definitions.get(guid);
    if (known?.onlyReads || definition?.permissions.every(onlyReads)) return [];
    const name = known?.name ?? definition?.name;
    return [`actions of role ${name === undefined ? guid : JSON.stringify(name)}`];
  });
}

const onlyReads = ({ actions, dataActions = [] }: Permission): boolean =>
  [...actions, ...dataActions].every((action) => /(?:^|\/)read$/i.test(action));

/** Reads the rights of a service principal. A role whose definition can't be read counts as more than reading. */
export async function rightsOfPrincipal(
  { name, assignments }: { readonly name: string; readonly assignments: readonly Pick<RoleAssignment, "role">[] },
  { azure, registry }: { readonly azure: Pick<Principals, "roleDefinition">; readonly registry: AzureRegistry },
): Promise<Granted> {
  const roles = [...new Set(assignments.map(({ role }) => role))];
  const read = async (guid: string) => [guid, await azure.roleDefinition(registry, guid).catch(unlessRefused(undefined))] as const;
  const definitions = new Map(await Promise.all(roles.filter((guid) => !builtInRole(guid)).map(read)));
  return { of: `service principal ${JSON.stringify(name)}`, rights: rightsOfRoles(roles, definitions) };
}

/** A credential and its rights beyond reading. */
export type Granted = {
  /** For example `token "ci"`. */
  readonly of: string;
  readonly rights: readonly string[];
};

export const warnOfRights = ({ of, rights }: Granted): string | undefined =>
  rights.length === 0 ? undefined : `${of} can do more than pull: ${inLine(rights)}`;

/**
 * Rejects a credential that can do more than read, unless a flag accepts its rights.
 * @param accept how to accept them
 * @returns the warning to print
 * @throws CliError conflict
 */
export function refuseBeyondReading(granted: Granted, accepted: boolean, accept: string): string | undefined {
  const warning = warnOfRights(granted);
  if (warning === undefined || accepted) return warning;
  throw new CliError("conflict", `${granted.of} can do more than pull: ${inLine(granted.rights)}`, { hint: accept });
}

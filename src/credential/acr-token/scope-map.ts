import type { AcrToken, Azure, AzureRegistry, ScopeMap } from "../../azure/port.ts";
import { CliError } from "../../errors.ts";
import type { Create } from "../../fix.ts";
import type { Keep, Make } from "../../plan/change.ts";
import { covers } from "../../registry/repository.ts";
import { parseAzureOwner } from "../../secret/azure-words.ts";
import { inLine } from "../../wording.ts";

export type ScopeFacts = {
  /** The name of the token, and of its own scope map. */
  readonly name: string;
  /** Repositories to pull: `app/web`, `team/*`, `*`. */
  readonly repositories: readonly string[];
  readonly token: AcrToken | undefined;
  readonly scopeMap: ScopeMap | undefined;
};

/** Returns the actions for pulling. A pull requires content/read. Listing tags, as a proof does, requires metadata/read. */
export function pullActions(repositories: readonly string[]): string[] {
  return repositories.flatMap((name) => [`repositories/${name}/content/read`, `repositories/${name}/metadata/read`]);
}

/** Returns the repositories that a scope map allows to pull. */
export function pulledRepositories(scopeMap: ScopeMap | undefined): string[] {
  return (scopeMap?.actions ?? []).flatMap((action) => /^repositories\/(.+)\/content\/read$/.exec(action)?.[1] ?? []);
}

/** Returns the repositories of actions. */
const grantsOf = (actions: readonly string[]): string[] => [
  ...new Set(actions.map((action) => action.replace(/^repositories\/(.+)\/(?:content|metadata)\/read$/, "$1"))),
];

/** Whether its description says that `create --export` has printed a password of its token. */
export const isExportedMap = (scopeMap: ScopeMap | undefined): boolean => parseAzureOwner(scopeMap?.description ?? "")?.isExported === true;

export const scopeMapOf = (token: AcrToken | undefined): string | undefined => token?.scopeMapId.split("/").at(-1);

/** Compares names like Azure, which ignores their case. */
export const isSameName = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** Returns the name of the scope map that a token has, if it is not the token's own. */
export function otherScopeMap(name: string, token: AcrToken | undefined): string | undefined {
  const used = scopeMapOf(token);
  return used === undefined || isSameName(used, name) ? undefined : used;
}

/**
 * Plans adding repositories to the token's own scope map. Actions of other users stay, because these users may push with them. A scope map
 * that is not the token's own is never changed.
 * @throws CliError conflict if such a scope map doesn't allow the repositories
 */
export function planScope(facts: ScopeFacts): Make | Keep {
  const { name, repositories, token, scopeMap } = facts;
  const to = { kind: "scopemap.azurecr.io", name } as const;
  const shared = otherScopeMap(name, token);
  if (shared !== undefined) {
    checkShared(shared, facts);
    return { act: "keep", to: { ...to, name: shared }, because: "it is not the token's own" };
  }
  const wanted = pullActions(repositories).sort();
  const before = [...(scopeMap?.actions ?? [])].sort();
  const after = [...new Set([...before, ...wanted])].sort();
  checkSize(name, after);
  if (!scopeMap) return { act: "create", to, after: wanted, grants: grantsOf(wanted), because: "it does not exist" };
  if (after.length === before.length) return { act: "keep", to, because: "already grants it" };
  const grants = grantsOf(after.filter((action) => !before.includes(action)));
  return { act: "update", to, before, after, grants, because: "lacks repositories" };
}

/**
 * The maximum number of actions of a scope map, two for each repository
 * (learn.microsoft.com/azure/container-registry/container-registry-skus).
 */
const mostActions = 500;

/** @throws CliError invalid if Azure doesn't allow that many */
function checkSize(name: string, { length }: readonly string[]): void {
  if (length <= mostActions) return;
  const message = `scope map "${name}" would have ${length} actions; Azure allows ${mostActions} (250 repositories)`;
  throw new CliError("invalid", message, { hint: "use a path for many repositories, such as --repository 'team/*'" });
}

/** @throws CliError conflict if the scope map doesn't allow the repositories */
function checkShared(shared: string, { repositories, scopeMap }: ScopeFacts): void {
  const granted = scopeMap && pulledRepositories(scopeMap);
  const missing = granted && repositories.find((repository) => !granted.some((scope) => covers(scope, repository)));
  if (missing === undefined) return;
  throw new CliError("conflict", `the scope map "${shared}" does not allow pulling ${missing}`, {
    hint: "add the repository to the scope map in Azure, or specify another Secret name",
  });
}

/**
 * Rejects adding repositories to a scope map that other tokens have, unless a flag accepts it.
 * @param accept the command that accepts it
 * @returns the warning to print
 * @throws CliError conflict
 */
export async function refuseOtherTokens(
  scope: Make | Keep,
  { azure, registry }: { readonly azure: Pick<Azure, "listTokens">; readonly registry: AzureRegistry },
  accepted: boolean,
  accept: Create,
): Promise<string | undefined> {
  if (scope.act !== "update" || (scope.grants ?? []).length === 0) return undefined;
  const { name } = scope.to;
  const { tokens } = await azure.listTokens(registry);
  const gaining = tokens
    .flatMap((token) => (isSameName(scopeMapOf(token) ?? "", name) && !isSameName(token.name, name) ? [token.name] : []))
    .sort();
  if (gaining.length === 0) return undefined;
  const message = `the scope map "${name}" is shared with ${inLine(gaining)}, which also ${gaining.length > 1 ? "get" : "gets"} the repositories`;
  if (accepted) return message;
  throw new CliError("conflict", message, { hint: accept });
}

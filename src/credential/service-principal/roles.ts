import type { Azure, AzureRegistry, RoleAssignment } from "../../azure/port.ts";
import { CliError, usage } from "../../errors.ts";
import { covers } from "../../registry/repository.ts";
import { builtInRole, type Mode, pullRole } from "../granted-rights.ts";
import type { Remover } from "../kind.ts";

/** Returns the repositories that roles allow to pull, without those of unknown conditions; undefined if no role allows pulling. */
export function granted(mode: Mode, assignments: readonly RoleAssignment[]): string[] | undefined {
  const pulling = assignments.filter(({ role }) => builtInRole(role)?.pulls === mode);
  if (pulling.length === 0) return undefined;
  const all = [...new Set(pulling.flatMap(({ condition }) => repositoriesIn(condition) ?? []))].sort();
  return all.includes("*") ? ["*"] : all;
}

/** Whether this plugin assigned a role on the registry itself. */
export const hasOurRole = (assignments: readonly RoleAssignment[]): boolean => assignments.some(({ ours, here }) => ours && here);

/** Returns the assignment of the pull role on the registry itself. A principal has at most one. */
export const roleOn = (mode: Mode, assignments: readonly RoleAssignment[]): RoleAssignment | undefined =>
  assignments.find(({ role, here }) => here && role === pullRole[mode].id);

export const lacking = (wanted: readonly string[], had: readonly string[]): string[] =>
  wanted.filter((repository) => !had.some((scope) => scope === repository || covers(scope, repository)));

export function union(some: readonly string[], others: readonly string[]): string[] {
  const all = [...new Set([...some, ...others])].sort();
  return all.includes("*") ? ["*"] : all;
}

/**
 * Returns the repositories of an existing assignment.
 * @throws CliError conflict if this plugin did not write its condition
 */
export function repositoriesOf({ ours, condition, name }: RoleAssignment, principal: string): string[] {
  const repositories = repositoriesIn(condition);
  if (ours && repositories) return repositories;
  throw new CliError("conflict", `the role of "${principal}" on the registry has a condition that this plugin did not write`, {
    hint: `specify another service principal, or add the repositories to the condition of role assignment ${name} yourself`,
  });
}

/** The condition limits these two actions, and allows every other action of the role. */
const reads = ["content/read", "metadata/read"].map((right) => `Microsoft.ContainerRegistry/registries/repositories/${right}`);

const attribute = "@Request[Microsoft.ContainerRegistry/registries/repositories:name]";

/** The form of a repository or a path. It contains no character that ends a string in a condition. */
const form = /^[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?:\/\*)?$/;

/**
 * Returns the condition (Azure ABAC 2.0) that limits a role to these repositories. The slash of `team/*` excludes `team-b`. The text is
 * that of Azure's page about repository permissions.
 * @returns undefined for the whole registry
 * @throws CliError usage for an invalid repository name
 */
export function conditionOf(repositories: readonly string[]): string | undefined {
  if (repositories.includes("*")) return undefined;
  const odd = repositories.find((name) => !form.test(name));
  if (odd !== undefined) throw usage(`invalid repository name ${JSON.stringify(odd)}`);
  const others = reads.map((action) => `!(ActionMatches{'${action}'})`).join(" AND ");
  return `((${others}) OR (${repositories.map(comparison).join(" OR ")}))`;
}

const comparison = (repository: string): string =>
  repository.endsWith("/*")
    ? `${attribute} StringStartsWithIgnoreCase '${repository.slice(0, -1)}'`
    : `${attribute} StringEqualsIgnoreCase '${repository}'`;

/** Returns the repositories of such a condition; undefined for any other condition. */
export function repositoriesIn(condition: string | undefined): string[] | undefined {
  if (condition === undefined) return ["*"];
  const found = [...condition.matchAll(/String(Equals|StartsWith)IgnoreCase '([^']+)'/g)].map(([, how, text = ""]) =>
    how === "Equals" ? text : `${text}*`,
  );
  const known = found.length > 0 && found.every((name) => form.test(name));
  return known && conditionOf(found) === condition ? found : undefined;
}

/** Returns the remover of role assignments by this plugin whose principal was deleted. Each is named after the principal's id. */
export function orphanedRoles(azure: Azure, registry: AzureRegistry): Remover {
  const roles = new Map<string, string>();
  return {
    plan: async ({ to, passwords }) => {
      const [{ slot = "" } = {}] = passwords;
      roles.set(to.name, slot);
      return [{ act: "delete", to, because: "its principal was deleted" }];
    },
    apply: async ({ to }) => {
      await azure.unassignRole(registry, { principalId: to.name, role: roles.get(to.name) ?? "" });
      return {};
    },
    removal: ({ to }) => ["az", "role", "assignment", "list", "--scope", registry.id, "--query", `[?principalId=='${to.name}']`],
  };
}

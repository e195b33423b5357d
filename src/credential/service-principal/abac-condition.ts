import { CliError } from "../../errors.ts";

/** What a role's condition is about: an action other than these two passes it, whatever repository is asked for. */
const reads = ["content/read", "metadata/read"].map((right) => `Microsoft.ContainerRegistry/registries/repositories/${right}`);

const attribute = "@Request[Microsoft.ContainerRegistry/registries/repositories:name]";

/** A repository, or all below a path: nothing in it ends a text in a condition. */
const form = /^[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?:\/\*)?$/;

/**
 * The condition (Azure ABAC 2.0) by which a role lets pull these repositories and no other; `team/*` is all below a path, whose slash
 * keeps `team-b` out. The words are those of Azure's own page on repository permissions.
 * @returns undefined for all of the registry
 * @throws CliError usage for a name that no repository has
 */
export function conditionOf(repositories: readonly string[]): string | undefined {
  if (repositories.includes("*")) return undefined;
  const odd = repositories.find((name) => !form.test(name));
  if (odd !== undefined) throw new CliError("usage", `${JSON.stringify(odd)} is no name that a repository can have`);
  const others = reads.map((action) => `!(ActionMatches{'${action}'})`).join(" AND ");
  return `((${others}) OR (${repositories.map(comparison).join(" OR ")}))`;
}

const comparison = (repository: string): string =>
  repository.endsWith("/*")
    ? `${attribute} StringStartsWithIgnoreCase '${repository.slice(0, -1)}'`
    : `${attribute} StringEqualsIgnoreCase '${repository}'`;

/** The repositories of a condition of that form; undefined for one that somebody wrote in another. */
export function repositoriesIn(condition: string | undefined): string[] | undefined {
  if (condition === undefined) return ["*"];
  const found = [...condition.matchAll(/String(Equals|StartsWith)IgnoreCase '([^']+)'/g)].map(([, how, text = ""]) =>
    how === "Equals" ? text : `${text}*`,
  );
  const known = found.length > 0 && found.every((name) => form.test(name));
  return known && conditionOf(found) === condition ? found : undefined;
}

import { CliError } from "../errors.ts";
import { isRepository } from "./image-reference.ts";

/**
 * Checks what stands behind `--repository`: a repository, all below a path (`team/*`), or all of the registry (`*`).
 * Azure's scope maps know no other wildcard.
 * @throws CliError usage
 */
export function parseRepositoryScope(text: string): string {
  if (text === "*" || isRepository(text.replace(/\/\*$/, ""))) return text;
  throw new CliError("usage", `invalid repository ${JSON.stringify(text)}: lowercase letters, digits and . _ - / only`, {
    hint: "name one repository (team/app), all below a path (team/*), or all of the registry (*)",
  });
}

/** Whether a scope of {@link parseRepositoryScope} covers a repository. */
export function covers(scope: string, repository: string): boolean {
  return scope.endsWith("*") ? repository.startsWith(scope.slice(0, -1)) : scope === repository;
}

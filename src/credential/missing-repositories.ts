import { CliError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { isRepository } from "../registry/image-reference.ts";
import type { Login, Registry } from "../registry/port.ts";
import type { Tools } from "../tools.ts";
import type { Issuer } from "./issuer.ts";

type Lister = {
  readonly host: string;
  /** Returns a login that may list the repositories; undefined without one. */
  login(): Promise<Login | undefined>;
  readonly registry: Pick<Registry, "repositories" | "contentOf">;
};

type Missing = { readonly repository: string; readonly nearest: string | undefined };

/**
 * Returns the repositories that the registry does not have, each with the most similar name. Returns none if the names may not be listed.
 * @param names repositories, and paths, which are ignored: their repositories may be created later
 */
export async function missingAmong(names: readonly string[], { host, login: open, registry }: Lister): Promise<readonly Missing[]> {
  const repositories = names.filter((name) => !name.endsWith("*"));
  const login = repositories.length > 0 ? await open() : undefined;
  const listed = login ? await registry.repositories(host, login) : [];
  if (!login || listed.length === 0) return [];
  const unlisted = repositories.filter((name) => !listed.includes(name));
  // The list of a large registry is cut
  const contents = await Promise.all(unlisted.map((name) => registry.contentOf(host, name, login)));
  return unlisted.flatMap((repository, index) =>
    contents[index] === "missing" ? { repository, nearest: nearest(repository, listed.filter(isRepository)) } : [],
  );
}

type Named = { readonly exact: boolean; readonly verify: boolean; readonly repositories: readonly string[] };

/** Checks the repositories that are named with --exact: a misspelled one would replace the right one. @throws CliError notFound */
export async function requireRepositories(
  { registry: { loginServer: host }, ownLogin }: Issuer,
  { exact, verify, repositories }: Named,
  tools: Tools,
): Promise<void> {
  if (!exact || !verify) return;
  const lister = { host, login: async () => ownLogin?.(), registry: tools.registry() };
  const [missing] = await tools.during(`Asking ${host} for its repositories`, () => missingAmong(repositories, lister));
  if (!missing) return;
  const { repository, nearest: similar } = missing;
  throw new CliError("notFound", `repository "${repository}" not found in ${host}`, {
    hint: similar === undefined ? "push an image to it first, or omit --exact" : `did you mean ${similar}?`,
  });
}

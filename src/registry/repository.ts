import { usage } from "../errors.ts";
import { isRepository } from "./image-reference.ts";
import { isLoginServer, registryName } from "./login-server.ts";

/**
 * The maximum number of repositories of a scope map. Azure allows 500 actions, two for each repository
 * (learn.microsoft.com/azure/container-registry/container-registry-skus).
 */
export const mostRepositories = 250;

/**
 * Reads a value of `--repository`: a repository, everything below a path (`team/*`), or the whole registry (`*`), each optionally after the
 * registry's own host. Azure's scope maps support no other wildcard.
 * @param registry as the user typed it: its name, or its login server
 * @throws CliError usage
 */
export function parseRepositoryScope(text: string, registry: string): string {
  const [host, path] = takeHost(text.replace(/^https:\/\//i, ""), registry.toLowerCase());
  if (host !== undefined && !isOwnHost(host, registry.toLowerCase()))
    throw usage(`invalid repository ${JSON.stringify(text)}: it is not in ${registry}`);
  if (path === "*" || isRepository(path.replace(/\/\*$/, ""))) return path;
  const bare = path.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
  const hint = bare !== path && isRepository(bare) ? `remove the tag or digest: ${bare}` : forms;
  throw usage(`invalid repository ${JSON.stringify(text)}: use only lowercase letters, digits and . _ - /`, hint);
}

const forms = "specify one repository (team/app), a path (team/*) or the whole registry (*)";

/** Splits off the registry's own host, or text that can only be a host. A folder can also have a dot in its name. */
function takeHost(text: string, registry: string): [host: string | undefined, path: string] {
  const slash = text.indexOf("/");
  const host = text.slice(0, Math.max(slash, 0)).toLowerCase();
  const own = host === registry && host.includes(".");
  return own || host.includes(":") || isLoginServer(host) ? [host, text.slice(slash + 1)] : [undefined, text];
}

/** Whether a host belongs to the registry that the user typed. It can be a login server with or without a hash, or a regional host. */
function isOwnHost(host: string, registry: string): boolean {
  const [a, b] = [host, registry].map((one) => one.replace(/:443$/, "").replace(/(?:\.[a-z0-9]+){1,2}\.geo(?=\.)/, ""));
  return a === b || registryName(a ?? "") === registry;
}

/** Whether a scope of {@link parseRepositoryScope} covers a repository. */
export function covers(scope: string, repository: string): boolean {
  return scope.endsWith("*") ? repository.startsWith(scope.slice(0, -1)) : scope === repository;
}

import { printableServer } from "../kubelet/read-pull-secret.ts";
import { nearest } from "../nearest.ts";
import { hostOf } from "../registry/server-key.ts";
import { inLine, shownName } from "../wording.ts";

/**
 * Describes the logins that a Secret has instead of one for a host, and typical mistakes in their keys.
 * @param servers the keys under its `auths`, as written
 * @param image its host and repository, and why no key matches it, if known
 */
export function nearMiss(
  secret: string,
  servers: readonly string[],
  { host, repository, why: known }: { readonly host: string; readonly repository: string; readonly why?: string | undefined },
): string {
  if (servers.length === 0) return `secret ${secret} has no login: its auths are empty`;
  const keys = servers.map((server) => shownName(printableServer(server)));
  const why = known ?? servers.map((server) => resemblance(server, host, repository)).find((found) => found !== undefined);
  return `secret ${secret} has a login for ${inLine(keys, 3)} only${why ? ` (${why})` : ""}`;
}

function resemblance(written: string, host: string, repository: string): string | undefined {
  const mistake = mistakeIn(written, host, repository);
  if (mistake !== undefined) return mistake;
  if (written === dockerHub) return "kubectl's default without --docker-server";
  return nearest(hostOf(written), [host]) && `did you mean ${host}?`;
}

/** Returns why a key for the image's registry does not match the image. */
function mistakeIn(written: string, host: string, repository: string): string | undefined {
  const server = hostOf(written);
  if (server.toLowerCase() === host.toLowerCase() && server !== host) return `case matters: the image has ${host}`;
  if (portless(server) !== portless(host)) return undefined;
  return server === host ? pathOf(written, `${host}/${repository}`) : `the port matters: the image has ${host}`;
}

const dockerHub = "https://index.docker.io/v1/";

const pathOf = (written: string, image: string) =>
  `its path does not match ${image}${/^https?:\/\/[^/]*\/v[12]$/.test(written) ? ": add a trailing /" : ""}`;

const portless = (host: string) => host.replace(/:\d*$/, "");

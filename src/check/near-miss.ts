import { distance } from "./distance.ts";

/** An image's host and repository, and what is known already of why no key matches it. */
type Image = { readonly host: string; readonly repository: string; readonly why?: string | undefined };

/**
 * What a Secret has instead of a login for a host, and how near that comes: the mistakes of those who type a pull secret by hand.
 * @param servers the keys under its `auths`, as written
 */
export function nearMiss(secret: string, servers: readonly string[], { host, repository, why: known }: Image): string {
  if (servers.length === 0) return `secret ${secret} has no login at all: its auths are empty`;
  const shown = servers.slice(0, 3).map(visible).join(", ") + (servers.length > 3 ? ` and ${servers.length - 3} more` : "");
  const why = known ?? servers.map((server) => resemblance(server, host, repository)).find((found) => found !== undefined);
  return `secret ${secret} has a login for ${shown} only${why ? ` (${why})` : ""}`;
}

function resemblance(written: string, host: string, repository: string): string | undefined {
  const same = mistake(written, host, repository);
  if (same !== undefined) return same;
  if (written === dockerHub) return "kubectl's default, where --docker-server is left out";
  const away = distance(hostOf(written), host);
  if (away > 2) return undefined;
  return `${away === 1 ? "one letter" : "two letters"} from ${host}`;
}

/** Why a key does not match an image, although it means its registry. */
export function mistake(written: string, host: string, repository: string): string | undefined {
  const server = hostOf(written);
  if (server.toLowerCase() === host.toLowerCase() && server !== host) return `capitals count: the image says ${host}`;
  if (portless(server) !== portless(host)) return undefined;
  return server === host ? pathOf(written, `${host}/${repository}`) : `the port counts: the image says ${host}`;
}

const dockerHub = "https://index.docker.io/v1/";

const pathOf = (written: string, image: string) =>
  `its path is not how ${image} begins${/^https?:\/\/[^/]*\/v[12]$/.test(written) ? ": it lacks a / at its end" : ""}`;

/** The host of a key, as it is written. */
export const hostOf = (server: string): string => server.replace(/^https?:\/\//, "").split("/")[0] ?? "";

const portless = (host: string) => host.replace(/:\d*$/, "");

/** A key may hold anything: what is no host and path is shown in quotes. */
const visible = (server: string) => (/^[\w.:/*-]+$/.test(server) ? server : JSON.stringify(server));

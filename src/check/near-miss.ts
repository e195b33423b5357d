import { distance } from "./distance.ts";

/**
 * What a Secret has instead of a login for a host, and how near that comes: the mistakes of those who type a pull secret by hand.
 * @param servers the keys under its `auths`, as written
 */
export function nearMiss(secret: string, servers: readonly string[], host: string, repository: string): string {
  if (servers.length === 0) return `secret ${secret} has no login at all: its auths are empty`;
  const shown = servers.slice(0, 3).map(visible).join(", ") + (servers.length > 3 ? ` and ${servers.length - 3} more` : "");
  const why = servers.map((server) => resemblance(hostOf(server), server, host, repository)).find((found) => found !== undefined);
  return `secret ${secret} has a login for ${shown} only${why ? ` (${why})` : ""}`;
}

function resemblance(server: string, written: string, host: string, repository: string): string | undefined {
  const image = `${host}/${repository}`;
  if (server.toLowerCase() === host.toLowerCase() && server !== host) return `capitals count: the image says ${host}`;
  if (portless(server) === portless(host)) return server === host ? pathOf(written, image) : `the port counts: the image says ${host}`;
  if (written === dockerHub) return "kubectl's default, where --docker-server is left out";
  const away = distance(server, host);
  if (away > 2) return undefined;
  return `${away === 1 ? "one letter" : "two letters"} from ${host}`;
}

const dockerHub = "https://index.docker.io/v1/";

const pathOf = (written: string, image: string) =>
  `its path is not how ${image} begins${/^https?:\/\/[^/]*\/v[12]$/.test(written) ? ": it lacks a / at its end" : ""}`;

const hostOf = (server: string) => server.replace(/^https?:\/\//, "").split("/")[0] ?? "";

const portless = (host: string) => host.replace(/:\d*$/, "");

/** A key may hold anything: what is no host and path is shown in quotes. */
const visible = (server: string) => (/^[\w.:/*-]+$/.test(server) ? server : JSON.stringify(server));

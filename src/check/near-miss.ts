import { matchesImage } from "../kubelet/keyring.ts";
import { printableServer } from "../kubelet/read-pull-secret.ts";
import { distance } from "./distance.ts";

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
  const shown = servers.slice(0, 3).map(quoted).join(", ") + (servers.length > 3 ? ` and ${servers.length - 3} more` : "");
  const why = known ?? servers.map((server) => resemblance(server, host, repository)).find((found) => found !== undefined);
  return `secret ${secret} has a login for ${shown} only${why ? ` (${why})` : ""}`;
}

function resemblance(written: string, host: string, repository: string): string | undefined {
  const mistake = mistakeIn(written, host, repository);
  if (mistake !== undefined) return mistake;
  if (written === dockerHub) return "kubectl's default without --docker-server";
  const away = distance(hostOf(written), host);
  if (away > 2) return undefined;
  return `${away === 1 ? "one letter" : "two letters"} from ${host}`;
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

const hostOf = (server: string): string => server.replace(/^https?:\/\//, "").split("/")[0] ?? "";

const portless = (host: string) => host.replace(/:\d*$/, "");

/** Quotes a key that is not a host and path. */
const quoted = (server: string) => (/^[\w.:/*-]+$/.test(server) ? server : JSON.stringify(printableServer(server)));

/** An image as written, and parsed. `loginServer` is that of its registry in Azure, which can differ from the image's host. */
export type WantedImage = { readonly text: string; readonly host: string; readonly repository: string; readonly loginServer?: string };

/** A template, or the pods of a ServiceAccount, with the images that they pull. `whole`: no other image can be added later. */
export type Puller<Of> = { readonly of: Of; readonly images: readonly WantedImage[]; readonly whole: boolean };

/**
 * Returns the images that no key of a Secret matches, if a key is similar or a template has no other image. An image of another registry
 * may have another pull secret. Returns each host once, with the objects that pull from it.
 *
 * @param keys the keys under `auths` that have a login
 */
export function keyless<Of>(secret: string, keys: readonly string[], pullers: readonly Puller<Of>[]) {
  const missed = pullers.flatMap(({ of, images, whole }) => {
    const unmatched = images.filter((image) => !keys.some((key) => matchesImage(key, image)));
    const similar = unmatched.filter((image) => similarityOf(keys, image) !== undefined);
    const all = whole && unmatched.length === images.length ? unmatched.slice(0, 1) : [];
    return (similar.length > 0 ? similar : all).map((image) => ({ of, image }));
  });
  return [...Map.groupBy(missed, ({ image }) => image.host).values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const { image } = first;
    const why = nearMiss(secret, keys, { ...image, why: similarityOf(keys, image) });
    return [{ image, of: [...new Set(group.map(({ of }) => of))], why }];
  });
}

/** Ignores keys that differ in one or two letters, because these may be of another registry. */
const similarityOf = (keys: readonly string[], { host, repository, loginServer }: WantedImage): string | undefined =>
  regional(keys, host, loginServer) ?? keys.map((key) => mistakeIn(key, host, repository)).find((found) => found !== undefined);

function regional(keys: readonly string[], host: string, loginServer = host): string | undefined {
  const same = host.toLowerCase().replace(/:\d*$/, "") === loginServer;
  return !same && keys.some((key) => hostOf(key) === loginServer) ? `the image has the regional host ${host}` : undefined;
}

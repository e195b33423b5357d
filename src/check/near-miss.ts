import { reaches } from "../kubelet/keyring.ts";
import { distance } from "./distance.ts";

/**
 * Describes which logins a Secret has instead of one for a host, and how similar they are: typical mistakes in pull secrets that were typed
 * by hand.
 * @param servers the keys under its `auths`, as written
 * @param image its host and repository, and the reason, if known, that no key matches it
 */
export function nearMiss(
  secret: string,
  servers: readonly string[],
  { host, repository, why: known }: { readonly host: string; readonly repository: string; readonly why?: string | undefined },
): string {
  if (servers.length === 0) return `secret ${secret} has no login: its auths are empty`;
  const shown = servers.slice(0, 3).map(visible).join(", ") + (servers.length > 3 ? ` and ${servers.length - 3} more` : "");
  const why = known ?? servers.map((server) => resemblance(server, host, repository)).find((found) => found !== undefined);
  return `secret ${secret} has a login for ${shown} only${why ? ` (${why})` : ""}`;
}

function resemblance(written: string, host: string, repository: string): string | undefined {
  const same = mistake(written, host, repository);
  if (same !== undefined) return same;
  if (written === dockerHub) return "kubectl's default without --docker-server";
  const away = distance(hostOf(written), host);
  if (away > 2) return undefined;
  return `${away === 1 ? "one letter" : "two letters"} from ${host}`;
}

/** Why a key does not match an image, although it names the image's registry. */
function mistake(written: string, host: string, repository: string): string | undefined {
  const server = hostOf(written);
  if (server.toLowerCase() === host.toLowerCase() && server !== host) return `case matters: the image has ${host}`;
  if (portless(server) !== portless(host)) return undefined;
  return server === host ? pathOf(written, `${host}/${repository}`) : `the port matters: the image has ${host}`;
}

const dockerHub = "https://index.docker.io/v1/";

const pathOf = (written: string, image: string) =>
  `its path does not match ${image}${/^https?:\/\/[^/]*\/v[12]$/.test(written) ? ": add a trailing /" : ""}`;

/** The host of a key, as written. */
const hostOf = (server: string): string => server.replace(/^https?:\/\//, "").split("/")[0] ?? "";

const portless = (host: string) => host.replace(/:\d*$/, "");

/** A key may hold anything: text that is not a host and path is quoted. */
const visible = (server: string) => (/^[\w.:/*-]+$/.test(server) ? server : JSON.stringify(server));

/** An image as written, and parsed. `loginServer` is that of its registry in Azure, which can differ from the image's host. */
export type WantedImage = { readonly text: string; readonly host: string; readonly repository: string; readonly loginServer?: string };

/** A template, or the pods of a ServiceAccount, which can get more pods later, with the images that they pull. */
export type Puller<Of> = { readonly of: Of; readonly images: readonly WantedImage[]; readonly whole: boolean };

/**
 * The images that no key of a Secret matches by the kubelet's rules, if a key is similar, or if a template has no other image. An image of
 * another registry may have a pull secret of its own. Reports each host once, with the objects that pull from it.
 *
 * @param keys the keys under `auths` that have a login
 */
export function keyless<Of>(secret: string, keys: readonly string[], pullers: readonly Puller<Of>[]) {
  const missed = pullers.flatMap(({ of, images, whole }) => {
    const unmatched = images.filter((image) => !keys.some((key) => reaches(key, image)));
    const near = unmatched.filter((image) => nearly(keys, image) !== undefined);
    const useless = whole && unmatched.length === images.length ? unmatched.slice(0, 1) : [];
    return (near.length > 0 ? near : useless).map((image) => ({ of, image }));
  });
  return [...Map.groupBy(missed, ({ image }) => image.host).values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const { image } = first;
    const why = nearMiss(secret, keys, { ...image, why: nearly(keys, image) });
    return [{ image, of: [...new Set(group.map(({ of }) => of))], why }];
  });
}

/** The difference between a key and an image of the same registry. A name that differs in one or two letters may be another registry. */
const nearly = (keys: readonly string[], { host, repository, loginServer }: WantedImage): string | undefined =>
  regional(keys, host, loginServer) ?? keys.map((key) => mistake(key, host, repository)).find((found) => found !== undefined);

/** A login for the login server does not match the registry's regional hosts. */
function regional(keys: readonly string[], host: string, loginServer = host): string | undefined {
  const same = host.toLowerCase().replace(/:\d*$/, "") === loginServer;
  return !same && keys.some((key) => hostOf(key) === loginServer) ? `the image has the regional host ${host}` : undefined;
}

import { reaches } from "../kubelet/keyring.ts";
import { hostOf, mistake, nearMiss } from "./near-miss.ts";

/** An image as it is written, and taken apart; `loginServer` is that of its registry in Azure, which it may name otherwise. */
export type Wanted = { readonly text: string; readonly host: string; readonly repository: string; readonly loginServer?: string };

/** Who pulls images: a template, or the pods of a ServiceAccount, of which others may come yet. */
export type Puller<Of> = { readonly of: Of; readonly images: readonly Wanted[]; readonly whole: boolean };

/** An image that a Secret has no key for, who pulls it, and how near its keys come. */
export type Keyless<Of> = { readonly image: Wanted; readonly of: readonly Of[]; readonly why: string };

/**
 * The images that no key of a Secret matches by the kubelet's rules: where a key nearly does, and where a template has no other. An
 * image of another registry may well have a pull secret of its own. Each host is told once.
 *
 * @param keys the keys under `auths` that have a login
 */
export function keyless<Of>(secret: string, keys: readonly string[], pullers: readonly Puller<Of>[]): Keyless<Of>[] {
  const missed = pullers.flatMap(({ of, images, whole }) => {
    const unmatched = images.filter((image) => !keys.some((key) => reaches(key, image)));
    const near = unmatched.filter((image) => nearly(keys, image) !== undefined);
    const useless = whole && unmatched.length === images.length ? unmatched.slice(0, 1) : [];
    return (near.length > 0 ? near : useless).map((image) => ({ of, image }));
  });
  return [...Map.groupBy(missed, ({ image }) => image.host).values()].flatMap((group) => {
    const [first] = group;
    return first ? [{ image: first.image, of: [...new Set(group.map(({ of }) => of))], why: wordsFor(secret, keys, first.image) }] : [];
  });
}

const wordsFor = (secret: string, keys: readonly string[], image: Wanted): string =>
  nearMiss(secret, keys, { ...image, why: nearly(keys, image) });

/** How nearly a key matches an image of the same registry; one or two letters away may be a registry of its own. */
const nearly = (keys: readonly string[], { host, repository, loginServer }: Wanted): string | undefined =>
  regional(keys, host, loginServer) ?? keys.map((key) => mistake(key, host, repository)).find((found) => found !== undefined);

/** A login for the login server is none for the hosts of its regions. */
function regional(keys: readonly string[], host: string, loginServer = host): string | undefined {
  const same = host.toLowerCase().replace(/:\d*$/, "") === loginServer;
  return !same && keys.some((key) => hostOf(key) === loginServer) ? `the image names a regional host of it, ${host}` : undefined;
}

import type { Ref } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import type { Login } from "../registry/port.ts";
import { claimNote } from "./claim.ts";
import { sketchConfig, withLogin } from "./docker-config.ts";
import { type Entry, isOurs, noteEntries, readEntries } from "./entry.ts";
import { type ShapeName, shapeNamed, shapes } from "./shapes.ts";

/**
 * The key under which the logins of a Secret stay that were taken out, until they are revoked: nobody pulls with them, and the next run can
 * still tell that the Secret held what it notes.
 */
export const aside = "acr-secret.withdrawn";

/** The type of the Secrets that the kubelet reads. */
export const dockerConfigJson = shapeNamed().type;

/**
 * A Secret as it is made where there is none.
 * @param config the text of a docker config with its login
 * @param shape that of a pull secret, where none is said
 */
export function pullSecret({ namespace = "", name }: Ref, entry: Entry, config: string, shape?: ShapeName): Secret {
  const { labels, annotations } = noteEntries([entry]);
  return secretOf({ namespace, name, labels: { ...labels, ...shapeNamed(shape).labels }, annotations }, config, shape);
}

function secretOf(metadata: Secret["metadata"], config: string, shape: ShapeName | undefined): Secret {
  const { type, fill } = shapeNamed(shape);
  return { apiVersion: "v1", kind: "Secret", metadata, type, data: fill(config) };
}

/** What is to become of the claim on a Secret that is written: an end to the run's own one; another run's stays as it is. */
export type ClaimAfter = { readonly [claimNote]?: string | null };

/** The end of a claim. */
export const unclaimed: ClaimAfter = { [claimNote]: null };

/**
 * The merge patch that gives a Secret, on the version that it was looked at, another login; what else is on it stays.
 */
export function pullSecretPatch(
  version: string,
  entry: Entry,
  config: string,
  { shape, claim }: { readonly shape?: ShapeName | undefined; readonly claim?: ClaimAfter } = {},
): object {
  const { labels, annotations } = noteEntries([entry]);
  const { labels: more, fill } = shapeNamed(shape);
  return {
    metadata: { resourceVersion: version, labels: { ...labels, ...more }, annotations: { ...annotations, ...claim } },
    data: { ...fill(config), ...nothingAside },
  };
}

/**
 * The Secret that replaces one which cannot be changed in place. It keeps the labels, annotations and owners of the old one and its
 * immutability, and if the type stays, the other keys of its data.
 */
export function replacementOf(
  { type: before, data = {}, immutable, metadata: { name, namespace, labels = {}, annotations = {}, ownerReferences } }: Secret,
  entry: Entry,
  config: string,
  { shape, claim = {} }: { readonly shape?: ShapeName | undefined; readonly claim?: ClaimAfter } = {},
): Secret {
  const { type, fill, labels: more } = shapeNamed(shape);
  const { [aside]: _, ...others } = data;
  // Another reader finds its Secrets by them
  const readersLabels = before === type ? [] : Object.values(shapes).flatMap((one) => Object.keys(one.labels));
  const kept = Object.entries(labels).filter(([key]) => !readersLabels.includes(key));
  const noted = noteEntries([entry]);
  const merged = Object.entries({ ...annotations, ...noted.annotations, ...claim });
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name,
      namespace,
      labels: { ...Object.fromEntries(kept), ...noted.labels, ...more },
      annotations: Object.fromEntries(merged.filter((one): one is [string, string] => typeof one[1] === "string")),
      ownerReferences,
    },
    type,
    data: { ...(before === type && others), ...fill(config) },
    immutable: immutable || undefined,
  };
}

/** A login that was laid aside to be revoked is of no use beside another. */
const nothingAside = { [aside]: null };

/**
 * The same, where the other logins in the Secret stay, and the label of whoever made it.
 * @param login absent in a dry run, which makes none
 */
export function mergedPatch(secret: Secret, entry: Entry, login: Login | undefined, claim?: ClaimAfter): object {
  const { annotations, data } = merged(secret, entry, login);
  return {
    metadata: { resourceVersion: secret.metadata.resourceVersion, annotations: { ...annotations, ...claim } },
    data: { ...data, ...(secret.data?.[aside] !== undefined && nothingAside) },
  };
}

/** A Secret as that patch leaves it. */
export function mergedSecret({ metadata, ...secret }: Secret, entry: Entry, login: Login | undefined): Secret {
  const { annotations, data } = merged({ metadata, ...secret }, entry, login);
  return {
    ...secret,
    metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } },
    data: { ...secret.data, ...data },
  };
}

/** What is noted, and what is inside, with one login more. */
function merged(secret: Secret, entry: Entry, login: Login | undefined) {
  const others = (readEntries(secret) ?? []).flatMap((noted) => without(noted, entry.hosts));
  const { annotations } = noteEntries([...others, isOurs(secret) ? entry : { ...entry, beside: true }]);
  const { ".dockerconfigjson": before = "" } = secret.data ?? {};
  const after = login ? entry.hosts.reduce((data, host) => withLogin(data, host, login), before) : before;
  return { annotations, data: { ".dockerconfigjson": after } };
}

/** What is left of a note when some of its keys come to hold another login. */
function without(noted: Entry, gone: readonly string[]): Entry[] {
  const hosts = noted.hosts.filter((host) => !gone.includes(host));
  return hosts.length === 0 ? [] : [{ ...noted, hosts }];
}

/** A Secret without a login, for a run that claims it before it makes one. Its reader's labels come with the login. */
export function claimedSecret({ namespace = "", name }: Ref, claim: { readonly [claimNote]: string }, shape?: ShapeName): Secret {
  const { labels, annotations } = noteEntries([]);
  return secretOf({ namespace, name, labels, annotations: { ...annotations, ...claim } }, sketchConfig, shape);
}

/** The merge patch that claims a Secret on a version of it, or ends the claim. */
export const claimPatch = (version: string, annotations: ClaimAfter): object => ({ metadata: { resourceVersion: version, annotations } });

/** Whether a Secret is as {@link claimedSecret} makes it: nobody has put a login in. */
export const isEmpty = ({ type, data = {} }: Secret): boolean =>
  Object.values(shapes).some((shape) => shape.type === type && JSON.stringify(shape.fill(sketchConfig)) === JSON.stringify(data));

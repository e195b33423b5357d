import type { Ref } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import type { Login } from "../registry/port.ts";
import { claimNote } from "./claim.ts";
import { sketchConfig, withLogin } from "./docker-config.ts";
import { type Entry, isOurs, noteEntries, readEntries } from "./entry.ts";
import { type ShapeName, shapeNamed, shapes } from "./shapes.ts";

/**
 * The key for logins that were removed from a Secret, until they are revoked. Pods do not use them, and the next run can still prove that
 * the Secret held what it records.
 */
export const aside = "acr-secret.withdrawn";

/** The type of the Secrets that the kubelet reads. */
export const dockerConfigJson = shapeNamed().type;

/**
 * Returns a new Secret.
 * @param config the text of a docker config with its login
 * @param shape by default, that of a pull secret
 */
export function pullSecret({ namespace = "", name }: Ref, entry: Entry, config: string, shape?: ShapeName): Secret {
  const { labels, annotations } = noteEntries([entry]);
  return secretOf({ namespace, name, labels: { ...labels, ...shapeNamed(shape).labels }, annotations }, config, shape);
}

function secretOf(metadata: Secret["metadata"], config: string, shape: ShapeName | undefined): Secret {
  const { type, fill } = shapeNamed(shape);
  return { apiVersion: "v1", kind: "Secret", metadata, type, data: fill(config) };
}

/** The claim on a Secret after a write: null ends the run's own claim. If absent, another run's claim stays. */
export type ClaimAfter = { readonly [claimNote]?: string | null };

/** Ends a claim. */
export const unclaimed: ClaimAfter = { [claimNote]: null };

/** The merge patch that gives a Secret another login, with the version that was read as the precondition. All other fields stay. */
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
 * Returns the replacement of a Secret that cannot be changed in place. It keeps the labels, annotations, owners and immutability of the old
 * one. If the type stays, it also keeps the other keys of the data.
 */
export function replacementOf(
  { type: before, data = {}, immutable, metadata: { name, namespace, labels = {}, annotations = {}, ownerReferences } }: Secret,
  entry: Entry,
  config: string,
  { shape, claim = {} }: { readonly shape?: ShapeName | undefined; readonly claim?: ClaimAfter } = {},
): Secret {
  const { type, fill, labels: more } = shapeNamed(shape);
  const { [aside]: _, ...others } = data;
  // Another reader finds its Secrets by these labels
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

/** Removes a login that was kept for its revocation: the Secret holds another one now. */
const nothingAside = { [aside]: null };

/**
 * The same, but keeps the other logins in the Secret and its owner's label.
 * @param login absent in a dry run, which creates none
 */
export function mergedPatch(secret: Secret, entry: Entry, login: Login | undefined, claim?: ClaimAfter): object {
  const { annotations, data } = merged(secret, entry, login);
  return {
    metadata: { resourceVersion: secret.metadata.resourceVersion, annotations: { ...annotations, ...claim } },
    data: { ...data, ...(secret.data?.[aside] !== undefined && nothingAside) },
  };
}

/** Returns the Secret after that patch. */
export function mergedSecret({ metadata, ...secret }: Secret, entry: Entry, login: Login | undefined): Secret {
  const { annotations, data } = merged({ metadata, ...secret }, entry, login);
  return {
    ...secret,
    metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } },
    data: { ...secret.data, ...data },
  };
}

/** The annotation and the data with one more login. */
function merged(secret: Secret, entry: Entry, login: Login | undefined) {
  const others = (readEntries(secret) ?? []).flatMap((noted) => without(noted, entry.hosts));
  const { annotations } = noteEntries([...others, isOurs(secret) ? entry : { ...entry, beside: true }]);
  const { ".dockerconfigjson": before = "" } = secret.data ?? {};
  const after = login ? entry.hosts.reduce((data, host) => withLogin(data, host, login), before) : before;
  return { annotations, data: { ".dockerconfigjson": after } };
}

/** The entry without the keys that now hold another login. */
function without(noted: Entry, gone: readonly string[]): Entry[] {
  const hosts = noted.hosts.filter((host) => !gone.includes(host));
  return hosts.length === 0 ? [] : [{ ...noted, hosts }];
}

/** A Secret without a login, for a run that claims it before it creates one. The reader's labels are added with the login. */
export function claimedSecret({ namespace = "", name }: Ref, claim: { readonly [claimNote]: string }, shape?: ShapeName): Secret {
  const { labels, annotations } = noteEntries([]);
  return secretOf({ namespace, name, labels, annotations: { ...annotations, ...claim } }, sketchConfig, shape);
}

/** The merge patch that claims a version of a Secret, or ends the claim. */
export const claimPatch = (version: string, annotations: ClaimAfter): object => ({ metadata: { resourceVersion: version, annotations } });

/** Whether a Secret is unchanged since {@link claimedSecret} created it: it has no login. */
export const isEmpty = ({ type, data = {} }: Secret): boolean =>
  Object.values(shapes).some((shape) => shape.type === type && JSON.stringify(shape.fill(sketchConfig)) === JSON.stringify(data));

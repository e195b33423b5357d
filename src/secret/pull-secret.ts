import type { Ref } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import type { Login } from "../registry/port.ts";
import { claimAnnotation } from "./claim.ts";
import { emptyConfig, withLogin } from "./docker-config.ts";
import { type Entry, entryMetadata } from "./entry.ts";
import { type ShapeName, shapeNamed, shapes } from "./shapes.ts";

/**
 * The key for logins that were removed from a Secret, until they are revoked. Pods do not use them, and the next run can still prove that
 * the Secret held what it records.
 */
export const withdrawnKey = "acr-secret.withdrawn";

/** The type of the Secrets that the kubelet reads. */
export const dockerConfigJson = shapeNamed().type;

/**
 * Returns a new Secret.
 * @param config the text of a docker config with its login
 * @param shape by default, that of a pull secret
 */
export function pullSecret({ namespace = "", name }: Ref, entry: Entry, config: string, shape?: ShapeName): Secret {
  const { labels, annotations } = entryMetadata([entry]);
  return secretOf({ namespace, name, labels: { ...labels, ...shapeNamed(shape).labels }, annotations }, config, shape);
}

function secretOf(metadata: Secret["metadata"], config: string, shape: ShapeName | undefined): Secret {
  const { type, fill } = shapeNamed(shape);
  return { apiVersion: "v1", kind: "Secret", metadata, type, data: fill(config) };
}

/** The claim on a Secret after a write: null ends the run's own claim. If absent, another run's claim stays. */
export type ClaimAfter = { readonly [claimAnnotation]?: string | null };

/** Ends a claim. */
export const unclaimed: ClaimAfter = { [claimAnnotation]: null };

/** The shape of a Secret, by default that of a pull secret, and its claim after the write. */
type Writing = { readonly shape?: ShapeName | undefined; readonly claim?: ClaimAfter };

/**
 * The merge patch that gives a Secret another login. All other fields stay.
 * @param version the version that was read, as the precondition
 */
export function pullSecretPatch(version: string | undefined, entry: Entry, config: string, { shape, claim }: Writing = {}): object {
  const { labels, annotations } = entryMetadata([entry]);
  const { labels: more, fill } = shapeNamed(shape);
  return {
    metadata: { resourceVersion: version, labels: { ...labels, ...more }, annotations: { ...annotations, ...claim } },
    // The Secret holds another login now than the one that was kept for its revocation
    data: { ...fill(config), [withdrawnKey]: null },
  };
}

/**
 * The same as {@link pullSecretPatch}, but keeps every byte of the other logins in the Secret.
 * @param login absent in a dry run, which creates none
 */
export function mergedPatch(secret: Secret, entry: Entry, login: Login | undefined, claim?: ClaimAfter): object {
  const { labels, annotations } = entryMetadata([entry]);
  const { ".dockerconfigjson": before = "", [withdrawnKey]: withdrawn } = secret.data ?? {};
  const after = login ? entry.hosts.reduce((data, host) => withLogin(data, host, login), before) : before;
  return {
    metadata: { resourceVersion: secret.metadata.resourceVersion, labels, annotations: { ...annotations, ...claim } },
    data: { ".dockerconfigjson": after, [withdrawnKey]: withdrawn === undefined ? undefined : null },
  };
}

/** Returns an object after a JSON merge patch (RFC 7396). */
export function patched<T extends object>(object: T, patch: object): T {
  const after = { ...object } as Record<string, unknown>;
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete after[key];
    else if (typeof value === "object" && !Array.isArray(value)) after[key] = patched(after[key] ?? {}, value);
    else if (value !== undefined) after[key] = value;
  }
  return after as T;
}

/** A Secret without a login, for a run that claims it before it creates one. The reader's labels are added with the login. */
export function claimedSecret({ namespace = "", name }: Ref, claim: { readonly [claimAnnotation]: string }, shape?: ShapeName): Secret {
  const { labels, annotations } = entryMetadata([]);
  return secretOf({ namespace, name, labels, annotations: { ...annotations, ...claim } }, emptyConfig, shape);
}

/** The merge patch that claims a version of a Secret, or ends the claim. */
export const claimPatch = (version: string, annotations: ClaimAfter): object => ({ metadata: { resourceVersion: version, annotations } });

/** Whether a Secret is unchanged since {@link claimedSecret} created it: it has no login. */
export const isEmpty = ({ type, data = {} }: Secret): boolean =>
  Object.values(shapes).some((shape) => shape.type === type && JSON.stringify(shape.fill(emptyConfig)) === JSON.stringify(data));

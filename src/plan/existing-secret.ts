import { isRegional } from "../secret/azure-words.ts";
import { type Entry, entryFor, sameEntry } from "../secret/entry.ts";
import type { ShapeName } from "../secret/shapes.ts";
import type { Precondition } from "./change.ts";

/** The facts of an existing Secret for a plan, without credential text. */
export type ExistingSecret = Precondition & {
  readonly type: string;
  /** Its format; absent if no reader would find a login. */
  readonly shape?: ShapeName;
  readonly immutable: boolean;
  /** metadata.finalizers: after a deletion the Secret stays until they are removed. */
  readonly finalizers?: readonly string[];
  /** It has a deletionTimestamp. */
  readonly deleting?: boolean;
  /** The entries of its annotation; absent if this plugin did not write the Secret. */
  readonly entries: readonly Entry[] | undefined;
  /** The keys under `auths` of its docker config. */
  readonly hosts: readonly string[];
  /** Keys with the same login as the registry's own key. */
  readonly alike: readonly string[];
  /** Other managers of fields that the plugin writes, in the API server's words: `"kubectl-patch" using v1: .data..dockerconfigjson`. */
  readonly others: readonly string[];
  /** The identity whose token is inside, according to the annotation, if it is not the identity of this run. */
  readonly otherIdentity?: string;
  /** Whether the credential inside still pulls; `unknown` if that could not be tested. */
  readonly pulls: "yes" | "no" | "unknown";
};

export type StoreOptions = {
  readonly entry: Entry;
  /** The login server of the credential. */
  readonly host: string;
  /** The credential's text differs from the one inside. */
  readonly fresh: boolean;
  /** Allows losing the logins inside. */
  readonly force: boolean;
  /** Keeps logins for other registries. */
  readonly merge: boolean;
  /** The format of the Secret; absent for the kubelet's format. */
  readonly shape?: ShapeName | undefined;
  /** The Secret is proven to hold an older password of the same credential. */
  readonly renews?: boolean;
};

/** Returns the host of a key under `auths`, which can be a host, a URL, or a host with a path. */
export const hostOf = (server: string): string => server.replace(/^https?:\/\//, "").split("/", 1)[0] ?? "";

/** Whether a key under `auths` is for a registry: as a host, as a URL, or with a path. */
export const isKeyOf = (host: string, server: string): boolean => hostOf(server) === host;

/**
 * Returns the keys in a Secret that a registry's login has or may use. These are the login server, and regional hosts with the same login.
 * A regional host in the annotation counts too, if the docker config contains it. The annotation alone doesn't count, because anyone in the
 * namespace can write it.
 */
export function keysOf(host: string, { entries, hosts, alike }: Pick<ExistingSecret, "entries" | "hosts" | "alike">): readonly string[] {
  const recorded = entryFor(entries, host)?.hosts.filter((key) => hosts.some((server) => isKeyOf(key, server))) ?? [];
  return [host, ...regional(host, [...recorded, ...alike])];
}

/** Returns the keys of a login together with those that a Secret already has for it: no run removes one. */
export const mergedKeys = (keys: readonly string[], host: string, existing: ExistingSecret): readonly string[] => [
  host,
  ...regional(host, [...keys, ...keysOf(host, existing)]),
];

const regional = (host: string, keys: readonly string[]) => [...new Set(keys.filter((key) => isRegional(host, key)))].sort();

/** Whether a Secret records a login exactly as given, and has it under each of its keys. */
export function holds(entry: Entry, host: string, { entries, alike }: ExistingSecret): boolean {
  const recorded = entryFor(entries, host);
  const others = entry.hosts.filter((key) => key !== host);
  return recorded !== undefined && sameEntry(recorded, entry) && others.every((key) => alike.includes(key));
}

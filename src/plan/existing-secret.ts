import { isRegional } from "../secret/azure-words.ts";
import { type Entry, entryFor, sameEntry } from "../secret/entry.ts";
import type { ShapeName } from "../secret/shapes.ts";
import type { Precondition } from "./change.ts";

/** What a plan uses of a Secret that exists. It has no credential text. */
export type ExistingSecret = Precondition & {
  readonly type: string;
  /** How it is laid out; absent where nobody would find a login. */
  readonly shape?: ShapeName;
  readonly immutable: boolean;
  /** metadata.finalizers: after a deletion the Secret stays until they are removed. */
  readonly finalizers?: readonly string[];
  /** It has a deletionTimestamp. */
  readonly deleting?: boolean;
  /** What it says of its logins; absent when it is not one of ours. */
  readonly entries: readonly Entry[] | undefined;
  /** The keys under its `auths`. */
  readonly hosts: readonly string[];
  /** Those of them that hold the same login as the registry's own. */
  readonly alike: readonly string[];
  /** What others have written of what we would write, as the API server names it: `"kubectl-patch" using v1: .data..dockerconfigjson`. */
  readonly others: readonly string[];
  /** Whose token is inside, if it is another identity's than the one that the run uses, as far as the annotation says. */
  readonly ofAnother?: string;
  /** Whether the credential inside still pulls; `unknown` when nobody could tell. */
  readonly pulls: "yes" | "no" | "unknown";
};

export type StoreOptions = {
  readonly entry: Entry;
  /** The login server that the credential is for. */
  readonly host: string;
  /** The credential's text is not the one inside. */
  readonly fresh: boolean;
  /** What is inside may be lost. */
  readonly force: boolean;
  /** Logins for other registries stay. */
  readonly merge: boolean;
  /** How the Secret is to be laid out; absent for the kubelet. */
  readonly shape?: ShapeName | undefined;
};

/** The host of a key under `auths`, which may be an address, or a path of a host. */
export const hostOf = (server: string): string => server.replace(/^https?:\/\//, "").split("/", 1)[0] ?? "";

/** Whether a key under `auths` is of a registry: by its host alone, by its address, or for a path of it. */
export const isOf = (host: string, server: string): boolean => hostOf(server) === host;

/**
 * The keys in a Secret that a registry's login has, or may take: its login server, and the hosts of its regions that the Secret notes
 * beside, or that hold the same login. A note alone, which anybody may write, makes no other registry's key ours.
 */
export function keysOf(host: string, { entries, hosts, alike }: Pick<ExistingSecret, "entries" | "hosts" | "alike">): readonly string[] {
  const noted = entryFor(entries, host)?.hosts.filter((key) => hosts.some((server) => isOf(key, server))) ?? [];
  return [host, ...regional(host, [...noted, ...alike])];
}

/** A login's keys, and those that a Secret has for it already: no run takes one away. */
export const widened = (keys: readonly string[], host: string, existing: ExistingSecret): readonly string[] => [
  host,
  ...regional(host, [...keys, ...keysOf(host, existing)]),
];

const regional = (host: string, keys: readonly string[]) => [...new Set(keys.filter((key) => isRegional(host, key)))].sort();

/** Whether a Secret notes a login as it is to be noted, and has it under each of its keys. */
export function holds(entry: Entry, host: string, { entries, alike }: ExistingSecret): boolean {
  const noted = entryFor(entries, host);
  const others = entry.hosts.filter((key) => key !== host);
  return noted !== undefined && sameEntry(noted, entry) && others.every((key) => alike.includes(key));
}

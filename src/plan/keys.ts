import { type Entry, entryFor, sameEntry } from "../secret/entry.ts";
import { isRegional } from "../secret/regional.ts";
import type { ExistingSecret } from "./existing-secret.ts";

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

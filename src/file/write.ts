import { formatLifetime } from "../duration.ts";
import { withoutAbsent } from "../json.ts";
import type { Scope } from "../scope/scope.ts";
import type { DesiredFile, Entry } from "./entry.ts";
import { defaultGrace, defaultLifetime, entryKeys } from "./keys.ts";

/** A file to write. Its entries have no place yet. */
type NewFile = Pick<DesiredFile, "home" | "name"> & { readonly entries: readonly NewEntry[] };

export type NewEntry = Omit<Entry, "at">;

/** The value of each key of an entry; undefined for a default. */
const values: Readonly<Record<(typeof entryKeys)[number], (entry: NewEntry) => unknown>> = {
  name: ({ name }) => name,
  namespace: ({ sources }) => ("namespace" in sources ? sources.namespace : undefined),
  eachOf: ({ sources }) => ("eachOf" in sources ? scopeData(sources.eachOf) : undefined),
  copyTo: ({ copyTo }) => copyTo && scopeData(copyTo),
  registry: ({ registry }) => registry,
  repositories: ({ repositories }) => repositories,
  serviceAccounts: ({ serviceAccounts }) => (serviceAccounts.length > 0 ? serviceAccounts : undefined),
  credential: ({ credential }) => (credential === "acr-token" ? undefined : credential),
  expiresIn: ({ expiresIn }) => (expiresIn === defaultLifetime ? undefined : (lifetimeData(expiresIn) ?? "never")),
  rotate: ({ expiresIn, olderThan, grace }) => {
    const shown = grace === defaultGrace(expiresIn) ? undefined : lifetimeData(grace);
    const rotate = withoutAbsent({ olderThan: lifetimeData(olderThan), grace: shown });
    return Object.keys(rotate).length > 0 ? rotate : undefined;
  },
  restart: ({ restart }) => (restart === "stuck" ? undefined : restart),
};

/** Returns the data of a file, with the keys in the order of the table. The registry of the first entry is the default of the file. */
export function fileData({ home, name, entries }: NewFile): object {
  const defaults: Readonly<Record<string, unknown>> = { registry: entries[0]?.registry, namespace: home };
  const pullSecrets = entries.map((entry) => {
    const own = entryKeys.map((key) => [key, values[key](entry)] as const).filter(([key, value]) => value !== defaults[key]);
    return withoutAbsent(Object.fromEntries(own));
  });
  return { name, namespace: home, registry: defaults.registry, pullSecrets };
}

function scopeData({ namespaces, selector }: Scope): object {
  if (selector !== undefined) return { selector };
  return typeof namespaces === "object" ? { names: [...namespaces.names, ...namespaces.globs] } : { all: true };
}

const lifetimeData = (milliseconds: number | undefined) => (milliseconds === undefined ? undefined : formatLifetime(milliseconds));

import type { PluginCommand } from "../fix.ts";
import { kinds, nameOf, type Ref, spelled, type TargetKind } from "../kinds.ts";
import { mostNamed } from "./named.ts";

/** How a command line names a target: `deployment/web`. */
const wordOf = ({ kind, name }: Ref<TargetKind>): string => nameOf({ kind: spelled(kind), name });

/** The words and flags by which a line to type is about some targets, the first of them where they are many. */
export function saidTargets(all: readonly Ref<TargetKind>[]): Pick<PluginCommand, "serviceaccounts" | "targets"> {
  const some = all.slice(0, mostNamed);
  const accounts = some.filter((to) => !hasPods(to)).map(({ name }) => name);
  const targets = some.filter(hasPods).map(wordOf);
  return { ...(accounts.length > 0 && { serviceaccounts: accounts }), ...(targets.length > 0 && { targets }) };
}

/** Whether it has, or makes, pods: a ServiceAccount does not. */
export const hasPods = ({ kind }: Ref<TargetKind>): boolean => "podSpec" in kinds[kind];

/** `a`; `a and b`; of many `a, b, c and 4 more`. */
export function several(names: readonly string[], most = 3): string {
  const [shown, rest] =
    names.length > most ? [names.slice(0, most), [`${names.length - most} more`]] : [names.slice(0, -1), names.slice(-1)];
  return shown.length === 0 ? rest.join("") : `${shown.join(", ")} and ${rest.join("")}`;
}

/** Whether a name could be a Secret's: a list may hold any text, and no command line names what is none. */
export const isPlain = (name: string): boolean => /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/.test(name);

/** A name that somebody could forge a line with is shown in quotes. */
export const shown = (name: string): string => (isPlain(name) ? name : JSON.stringify(name));

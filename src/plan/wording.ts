import type { PluginCommand } from "../fix.ts";
import { kinds, nameOf, type Ref, spelled, type TargetKind } from "../kinds.ts";
import type { Change, Plan } from "./change.ts";

/** As many repositories are named in a line. */
export const mostNamed = 10;

/** The first names of a list, and how many more there are: `app/api, app/web and 3 more`. */
export function inLine(names: readonly string[], most = mostNamed): string {
  const rest = names.length > most ? ` and ${names.length - most} more` : "";
  return `${names.slice(0, most).join(", ")}${rest}`;
}

/** ` in namespace team-a of context prod`: where an object is, behind its name. */
export const placed = ({ namespace, context }: Pick<Ref, "namespace" | "context">): string =>
  ` in namespace ${namespace}${context === undefined ? "" : ` of context ${context}`}`;

/** `secret/acr in namespace team-a of context prod`: one that may be anywhere. */
export const namedThere = (to: Ref): string => `${nameOf(to)}${placed(to)}`;

/** What of a plan ends pods, in a line to be read before it happens: `about to roll out deployment.apps/web`. */
export function aheadOf(plan: Plan): string | undefined {
  const parts = [
    part("roll out", plan.filter(rollsOut)),
    part(
      "make anew",
      plan.filter(({ act }) => act === "restart" || act === "recreate"),
    ),
  ].filter((words) => words !== undefined);
  return parts.length === 0 ? undefined : `about to ${parts.join(", and to ")}`;
}

function rollsOut(change: Change): boolean {
  if (change.act === "rollout") return true;
  return (change.act === "attach" || change.act === "detach") && kinds[change.to.kind].carries.takes === "rollout";
}

const part = (verb: string, changes: readonly Change[]) =>
  changes.length === 0 ? undefined : `${verb} ${inLine(changes.map(({ to }) => nameOf(to)))}`;

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

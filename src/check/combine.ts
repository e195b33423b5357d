import { type Fix, hasVerb, type KubectlCommand, type PluginCommand } from "../fix.ts";
import type { Verdict } from "./verdict.ts";

/**
 * Makes one command of those that differ in what they name only: repositories for one Secret, pods to delete. Each verdict keeps its
 * place and gets the whole command.
 */
export function combine(verdicts: readonly Verdict[]): Verdict[] {
  const groups = Map.groupBy(
    verdicts.flatMap(({ fix }) => fix ?? []),
    alike,
  );
  return verdicts.map((verdict) => (verdict.fix ? { ...verdict, fix: (groups.get(alike(verdict.fix)) ?? []).reduce(both) } : verdict));
}

/**
 * The same text for commands that can be one. `create` without repositories takes all that pods use: that is not to be narrowed. The
 * login server's images have no less from a login that holds at regional hosts too.
 */
function alike(fix: Fix): string {
  if (isDeletion(fix)) return JSON.stringify({ ...fix, args: [] });
  if (!hasVerb(fix, "create")) return JSON.stringify(fix);
  return JSON.stringify({ ...fix, ...(isNaming(fix) && { repositories: ["*"] }), includeRegional: undefined });
}

const isDeletion = (fix: Fix): fix is KubectlCommand => "kubectl" in fix && fix.kubectl === "delete pod";

const isNaming = (fix: PluginCommand): fix is PluginCommand & { readonly repositories: readonly string[] } =>
  (fix.repositories ?? []).length > 0;

function both(a: Fix, b: Fix): Fix {
  if (isDeletion(a) && isDeletion(b)) return { ...a, args: [...new Set([...a.args, ...b.args])] };
  if (!hasVerb(a, "create") || !hasVerb(b, "create")) return a;
  const wide = a.includeRegional || b.includeRegional ? { ...a, includeRegional: true } : a;
  return isNaming(wide) && isNaming(b) ? { ...wide, repositories: [...new Set([...wide.repositories, ...b.repositories])].sort() } : wide;
}

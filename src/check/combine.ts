import type { Create, Fix } from "../fix.ts";
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
  if (fix.do === "delete-pods") return JSON.stringify({ ...fix, pods: [] });
  if (fix.do !== "create") return JSON.stringify(fix);
  return JSON.stringify({ ...fix, ...(isNaming(fix) && { repositories: ["*"] }), includeRegional: undefined });
}

const isNaming = (fix: Fix): fix is Create & { readonly repositories: readonly string[] } =>
  fix.do === "create" && (fix.repositories ?? []).length > 0;

function both(a: Fix, b: Fix): Fix {
  if (a.do === "delete-pods" && b.do === "delete-pods") return { ...a, pods: [...new Set([...a.pods, ...b.pods])] };
  if (a.do !== "create" || b.do !== "create") return a;
  const wide = a.includeRegional || b.includeRegional ? { ...a, includeRegional: true } : a;
  return isNaming(wide) && isNaming(b) ? { ...wide, repositories: [...new Set([...wide.repositories, ...b.repositories])].sort() } : wide;
}

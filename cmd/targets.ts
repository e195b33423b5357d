import { CliError } from "../src/errors.ts";
import { type Fix, listEverywhere } from "../src/fix.ts";
import { kinds, nameOf, spelled } from "../src/kinds.ts";
import type { RecreateOptions } from "../src/plan/references.ts";
import type { ClusterScope } from "../src/scope/cluster-scopes.ts";
import { theSecret } from "../src/state/pull-secrets.ts";
import type { TargetOptions, TargetPick } from "../src/state/targets.ts";

/** Returns the words and flags that select the same targets in a printed command. */
export function saidAgain({ picks, whereUsed }: TargetOptions) {
  const accounts = picks.filter(hasFlags);
  const others = picks.filter((pick) => !hasFlags(pick));
  const whole = others.filter(isWhole);
  const selector = picks.find((pick) => pick.selector !== undefined)?.selector;
  const targets = [...(whole.length > 0 ? [whole.map(({ kind }) => kinds[kind].plural).join(",")] : []), ...others.flatMap(wordsOf)];
  return {
    serviceaccounts: accounts.filter((pick) => !isWhole(pick)).flatMap(({ names, globs }) => [...names, ...globs]),
    allServiceaccounts: accounts.some((pick) => isWhole(pick) && pick.selector === undefined) || undefined,
    targets: targets.length > 0 ? targets : undefined,
    all: (whole.length > 0 && selector === undefined) || undefined,
    selector,
    whereUsed: whereUsed || undefined,
  };
}

/** Whether the kind has its own flags: only ServiceAccounts, which create no pods, do. */
const hasFlags = ({ kind }: TargetPick): boolean => !("podSpec" in kinds[kind]);

/** Whether a pick selects all objects of a kind, or all with some labels. */
const isWhole = ({ globs }: TargetPick): boolean => globs.includes("*");

function wordsOf(pick: TargetPick): string[] {
  if (isWhole(pick)) return [];
  return [...pick.names, ...pick.globs].map((name) => nameOf({ kind: spelled(pick.kind), name }));
}

/** Returns whether to recreate targets whose list can't be changed. @throws CliError usage */
export function recreateOptions({ recreate, force }: { readonly recreate: boolean; readonly force: boolean }): RecreateOptions {
  if (force && !recreate) throw new CliError("usage", "--force is for what --recreate would end or lose, and goes with it alone");
  return { recreate, force };
}

/**
 * Returns the name of the Secret if the command line names none: the only one of the only namespace.
 * @param otherwise the fix if there is none
 */
export async function nameOfSecret([clusterScope, ...more]: readonly ClusterScope[], otherwise: Fix): Promise<string> {
  const [namespace, ...others] = clusterScope?.namespaces ?? [];
  if (clusterScope && namespace !== undefined && more.length + others.length === 0 && !clusterScope.open)
    return theSecret(clusterScope.cluster, namespace, otherwise);
  throw new CliError("usage", "in several namespaces the Secret has to be named", { hint: listEverywhere });
}

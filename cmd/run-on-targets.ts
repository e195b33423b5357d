import { allReported } from "../src/actions/reported.ts";
import { usage } from "../src/errors.ts";
import { type Fix, listEverywhere } from "../src/fix.ts";
import type { Ref } from "../src/kinds.ts";
import type { Plan } from "../src/plan/change.ts";
import { type ClusterScope, clusterScopeOf, noneMatches } from "../src/scope/cluster-scopes.ts";
import type { RecreateOptions } from "../src/targets/references.ts";
import { readersOf } from "../src/usage/namespace-reader.ts";
import type { NamespaceState, ReadOptions } from "../src/usage/namespace-state.ts";
import { onlySecret } from "../src/usage/pull-secrets.ts";
import { type TargetOptions, wantsTargets } from "../src/usage/targets.ts";
import { runUnit, type Unit } from "../src/workflows/unit.ts";
import { selectTargets } from "./choose-targets.ts";
import { conclude, whereOf } from "./conclude.ts";
import { dryRun, type Flags, fieldManager, formatFlag, output, recreateFlag, targetGroup, under, type Values } from "./line/flags.ts";
import { scopeFlags, scopeOf } from "./line/scope-flags.ts";
import { readTargetWords, type TargetFlags } from "./line/target-words.ts";
import { type Session, toolsOf, type WritingFlags } from "./session.ts";

export const recreateFlags = {
  ...recreateFlag,
  ...under(targetGroup, {
    force: { type: "boolean", describe: "With --recreate: also end running pods, and lose data that only they hold" },
  }),
};

/** The flags of a verb that changes lists of pull secrets. It also prints changes to commit. */
export const changeFlags = {
  ...scopeFlags,
  ...output,
  output: formatFlag("additions", "Output format. kustomize and helm print a change to commit"),
  ...dryRun,
  ...fieldManager,
} as const satisfies Flags;

export type ChangeFlags = Values<typeof changeFlags>;

type ScopeRun = Pick<Unit, "each"> & { readonly reads: ReadOptions };

/** Plans and applies a verb in every namespace of the scope. @returns the exit code */
export async function runInScope(
  session: Session,
  flags: ChangeFlags & Pick<WritingFlags, "force">,
  prepare: (clusterScope: ClusterScope, isOneNamespace: boolean) => Promise<ScopeRun> | ScopeRun,
): Promise<number> {
  const clusterScope = await clusterScopeOf(scopeOf(flags), { ...session, writes: true });
  const { reads, ...run } = await prepare(clusterScope, whereOf(clusterScope) === "one");
  const outcomes = runUnit(run, readersOf(clusterScope, reads), toolsOf(session, flags));
  return conclude(allReported(outcomes), session, flags, clusterScope);
}

/** The Secret and the targets of a command line, for planning one namespace. */
export type TargetRun = {
  readonly secret: string;
  readonly targets: TargetOptions;
  /** The targets as the command line names them. */
  readonly named: TargetOptions;
  readonly isOneNamespace: boolean;
  isSelected(target: Ref): boolean;
};

/** The differences between the verbs that change `imagePullSecrets` lists. */
type TargetVerb = {
  readonly verb: "attach" | "detach";
  readonly reads: Pick<ReadOptions, "pods" | "wait">;
  /** Returns the command to suggest if the command line names no Secret and the namespace has none. */
  otherwise(targets: TargetOptions, namespace: string | undefined): Fix;
  /** Returns the targets of one namespace that the user can choose from. */
  candidates(state: NamespaceState, run: Omit<TargetRun, "isSelected">): readonly Ref[];
  plan(state: NamespaceState, run: TargetRun): Plan;
};

/** Changes the lists of the targets that the command line names. If it names none, the user chooses. @returns the exit code */
export function runOnTargets(
  session: Session,
  flags: ChangeFlags & TargetFlags,
  words: readonly string[],
  of: TargetVerb,
): Promise<number> {
  const { secret: name, targets: named } = readTargetWords(words, flags);
  const isNamed = wantsTargets(named);
  // The user chooses from what --where-used finds
  const targets = isNamed ? named : { ...named, whereUsed: true };
  return runInScope(session, flags, async (clusterScope, isOneNamespace) => {
    const secret = name ?? (await nameOfSecret(clusterScope, of.otherwise(named, clusterScope.namespaces[0])));
    const pods = of.reads.pods === "waiting" && targets.whereUsed ? "all" : of.reads.pods;
    const reads = { ...of.reads, secret, targets, pods, lenient: !isOneNamespace };
    const run = { secret, targets, named, isOneNamespace };
    const choosing = { verb: of.verb, secret, where: whereOf(clusterScope), output: flags.output };
    const isSelected =
      isNamed || clusterScope.namespaces.length === 0
        ? () => true
        : await selectTargets(session, readersOf(clusterScope, reads), (state) => of.candidates(state, run), choosing);
    return { reads, each: (state) => of.plan(state, { ...run, isSelected }) };
  });
}

/** Returns whether to recreate targets whose list can't be changed. @throws CliError usage */
export function recreateOptions({ recreate, force }: { readonly recreate: boolean; readonly force: boolean }): RecreateOptions {
  if (force && !recreate) throw usage("--force requires --recreate");
  return { recreate, force };
}

/**
 * Returns the name of the Secret if the command line names none: the only one of the only namespace.
 * @param otherwise the fix if there is none
 */
export async function nameOfSecret({ cluster, namespaces, open }: ClusterScope, otherwise: Fix): Promise<string> {
  const [namespace, ...others] = namespaces;
  if (namespace === undefined) throw noneMatches();
  if (others.length === 0 && !open) return onlySecret(cluster, namespace, otherwise);
  throw usage("specify a Secret name when you select more than one namespace", listEverywhere);
}

/** Makes a run with a format that prints changes to commit a dry run. */
export const onlyPrinted = <F extends ChangeFlags>(flags: F): F =>
  flags.output === "kustomize" || flags.output === "helm" ? { ...flags, "dry-run": "client" } : flags;

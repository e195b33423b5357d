import { usage } from "../src/errors.ts";
import { kinds } from "../src/kinds.ts";
import type { Change } from "../src/plan/change.ts";
import { planDangling } from "../src/targets/dangling.ts";
import { planRefer, type Target } from "../src/targets/references.ts";
import type { NamespaceState } from "../src/usage/namespace-state.ts";
import { everything, targetOf, wantsTargets } from "../src/usage/targets.ts";
import { type Flags, formatFlag, targetFlags, under } from "./line/flags.ts";
import { secretOrTargets } from "./line/known.ts";
import { readTargetWords, type TargetFlags, targetValues } from "./line/target-words.ts";
import {
  type ChangeFlags,
  changeFlags,
  onlyPrinted,
  recreateFlags,
  recreateOptions,
  runInScope,
  runOnTargets,
  type TargetRun,
} from "./run-on-targets.ts";
import type { Session } from "./session.ts";
import { verb } from "./verb.ts";

const dangling = {
  dangling: {
    type: "boolean",
    exclusive: ["force", "recreate", "where-used"],
    describe: "Remove references to missing Secrets, and empty entries",
    fallback: "in every ServiceAccount, and in workloads whose change restarts no pods",
  },
} as const satisfies Flags;

export const detach = verb({
  usage: "detach [SECRET] [TARGET...]",
  description: [
    "Removes the Secret from the imagePullSecrets of the targets and keeps all other entries. The Secret itself and running pods stay. " +
      "New pods no longer get the Secret. A workload whose template changes replaces its pods.",
    "A TARGET is a ServiceAccount or a workload, such as deployment/web or cronjob/report. In a terminal, you can omit the targets and " +
      "pick them from a list.",
  ],
  examples: [
    "# Detach the namespace's only Secret from the default ServiceAccount",
    "kubectl acr-secret detach --serviceaccount default",
    "# From every ServiceAccount in the namespace",
    "kubectl acr-secret detach acr-myregistry --all-serviceaccounts",
    "# From a workload, which then replaces its pods",
    "kubectl acr-secret detach acr-myregistry deployment/web",
    "# Find references to missing Secrets in all namespaces",
    "kubectl acr-secret detach --dangling -A --dry-run=client",
  ],
  flags: {
    ...under("Targets", {
      ...targetFlags,
      "where-used": { ...targetFlags["where-used"], describe: "Every ServiceAccount and workload that lists the Secret" },
      ...dangling,
      ...recreateFlags,
    }),
    ...changeFlags,
    output: formatFlag("removals", "Output format. kustomize prints a change to commit"),
  },
  most: Number.POSITIVE_INFINITY,
  read: (word) => word,
  complete: secretOrTargets,
  async run({ flags: given, args }, session) {
    const flags = onlyPrinted(given);
    if (flags.dangling) return detachDangling(flags, args, session);
    const options = recreateOptions(flags);
    return runOnTargets(session, flags, args, {
      verb: "detach",
      reads: { pods: "none" },
      otherwise: (targets, namespace) => ({ verb: "detach", secret: "NAME", ...targetValues(targets), namespace }),
      candidates: (state, run) => selectedIn(state, run).map(({ to }) => to),
      plan: (state, run) => {
        const { secret, isOneNamespace, isSelected } = run;
        const { namespace } = state.scope;
        const changes = selectedIn(state, run)
          .filter(({ to }) => isSelected(to))
          .map((target) => planRefer("detach", secret, target, options));
        if (isOneNamespace && !state.secret && changes.every(({ act }) => act === "keep"))
          return [...changes, warnNotFound(secret, namespace)];
        return isOneNamespace && changes.length === 0 ? [warnNotAttached(secret, namespace)] : changes;
      },
    });
  },
});

/** Returns the targets of one namespace that the command line selects. */
function selectedIn({ targets: found }: NamespaceState, { secret, targets }: Pick<TargetRun, "secret" | "targets">): Target[] {
  return found.map(targetOf).filter((target) => !targets.whereUsed || listsPermanently(secret, target));
}

/** Whether a target has the name in its own list, and the list can be changed permanently. */
const listsPermanently = (secret: string, { names, owner, to }: Target) =>
  names.includes(secret) && !owner && kinds[to.kind].pullSecretList.takesEffect !== "recreate";

const warnNotAttached = (name: string, namespace: string): Change => ({
  act: "warn",
  to: { kind: "secret", name, namespace },
  message: `no target lists secret/${name}`,
});

/** Warns about a name that is neither a Secret's nor in a list, because it may be mistyped. */
const warnNotFound = (name: string, namespace: string): Change => ({
  act: "warn",
  id: "secret-missing",
  to: { kind: "secret", name, namespace },
  message: `secret/${name} not found, and no selected target lists it`,
});

type DanglingFlags = ChangeFlags & TargetFlags;

/** Removes names of missing Secrets from the lists of the targets. Default: all targets whose pods that doesn't replace. */
function detachDangling(flags: DanglingFlags, words: readonly string[], session: Session): Promise<number> {
  if (flags.output === "kustomize") throw usage(`-o ${flags.output} cannot be combined with --dangling`);
  const { secret, targets } = readTargetWords(words, flags);
  if (secret !== undefined)
    throw usage(`--dangling cannot be combined with a Secret name ("${secret}")`, {
      verb: "detach",
      secret,
      serviceaccounts: ["default"],
      or: "--dangling without a Secret",
    });
  const named = wantsTargets(targets);
  return runInScope(session, flags, (_, isOneNamespace) => ({
    reads: {
      secret: "",
      targets: named ? targets : { picks: everything, whereUsed: false },
      pods: "none",
      // Every namespace has a ServiceAccount, so one without targets doesn't exist
      lenient: !isOneNamespace,
      existing: true,
    },
    each: ({ targets: found, existing = new Set() }) => planDangling(found.map(targetOf), { existing, named }),
  }));
}

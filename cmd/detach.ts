import { type CliError, usage } from "../src/errors.ts";
import { plugin } from "../src/hint.ts";
import { detachMissing, detachSecret } from "../src/verbs/detach.ts";
import { type Flags, recreateFlags, targetFlags, under, writeOutput } from "./line/flags.ts";
import { secretOrTargets } from "./line/known.ts";
import { concludeIn, readTargetLine } from "./run-on-targets.ts";
import { toolsOf } from "./session.ts";
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
    "A TARGET is a ServiceAccount or a workload, such as deployment/web or cronjob/report.",
  ],
  examples: [
    "# Detach the namespace's only Secret from the default ServiceAccount",
    "kubectl acr-secret detach --serviceaccount default",
    "# From every ServiceAccount in the namespace",
    "kubectl acr-secret detach acr-myregistry --all-serviceaccounts",
    "# From a workload, which then replaces its pods",
    "kubectl acr-secret detach acr-myregistry deployment/web",
    "# Find references to missing Secrets",
    "kubectl acr-secret detach --dangling --dry-run=client",
  ],
  flags: {
    ...under("Targets", {
      ...targetFlags,
      "where-used": { ...targetFlags["where-used"], describe: "Every ServiceAccount and workload that lists the Secret" },
      ...dangling,
      ...recreateFlags,
    }),
    ...writeOutput,
  },
  most: Number.POSITIVE_INFINITY,
  complete: secretOrTargets,
  async run({ flags, args }, session) {
    const { again, ...line } = await readTargetLine(args, flags, session);
    const { namespace, secret } = line;
    const tools = toolsOf(session, flags);
    if (flags.dangling) {
      if (secret !== undefined) throw danglingWithSecret(secret);
      return concludeIn(namespace, detachMissing(line, tools), session, flags);
    }
    const otherwise = { ...plugin("detach", "NAME", again), namespace };
    return concludeIn(namespace, detachSecret({ ...line, otherwise }, tools), session, flags);
  },
});

function danglingWithSecret(secret: string): CliError {
  const hint = { ...plugin("detach", secret, "--serviceaccount", "default"), or: "--dangling without a Secret" };
  return usage(`--dangling cannot be combined with a Secret name ("${secret}")`, hint);
}

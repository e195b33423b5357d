import { asCliError, CliError, Conflict } from "../errors.ts";
import { keyOf, kinds } from "../kinds.ts";
import type { Pod } from "../objects.ts";
import type { ChangeOf } from "../plan/change.ts";
import { waitOf } from "../usage/pods.ts";
import type { Action, Env, Result } from "./action.ts";
import type { ChangeOutcome } from "./outcome.ts";
import { update } from "./update.ts";

/** The reason if the pod was deleted or has started after it was read. */
const settled = "it changed and no longer waits";

const replaced = "it was already replaced";

/**
 * Milliseconds to wait until the ServiceAccount cache of the admission plugin has the new list. A pod that is created earlier gets the old
 * list.
 */
const cacheDelay = 250;

/** Restarts pods: evicts a pod that still waits, or rolls out a workload. */
export const restart: Action<ChangeOf<"restart">> = {
  apply: (change, env) => (change.uid === undefined ? rollOut(change, env) : evict(change, env)),
  preview: ({ to }, { objects }) => ({ object: objects.get(keyOf(to)) }),
  message: () => "restarted",
};

type Eviction = Extract<ChangeOf<"restart">, { readonly uid: string }>;

/** Uses the Eviction API, and evicts only the pod that was read last. */
async function evict(change: Eviction, { tools, objects }: Env): Promise<ChangeOutcome> {
  const { to, uid } = change;
  const cluster = tools.cluster();
  const keep = (because: string): ChangeOutcome => ({ change: { act: "keep", to, because }, object: objects.get(keyOf(to)) });
  if (!tools.write.dryRun) await tools.sleep(cacheDelay);
  return update<Pod | undefined, ChangeOutcome>({
    read: () => cluster.get(to),
    write: async (pod) => {
      if (!pod || (pod.metadata.uid === uid && waitOf(pod) !== "image")) return keep(settled);
      if (pod.metadata.uid !== uid) return keep(replaced);
      const { resourceVersion: version } = pod.metadata;
      const error = await cluster.write(to, { evict: { uid, version } }, tools.write).catch(asCliError);
      if (!(error instanceof CliError)) return { change };
      return keep(reasonGone(error));
    },
    // Its kubelet writes to the pod at the same time
    attempts: 5,
  });
}

/** Returns why there is nothing to evict. @throws CliError of any other rejected eviction */
function reasonGone(error: CliError): string {
  if (error.kind === "notFound") return settled;
  // apiserver registry/generic/registry and core/pod/storage/eviction.go
  if (error instanceof Conflict && /UID in (the )?precondition/.test(error.message)) return replaced;
  throw error;
}

const restartedAt = "kubectl.kubernetes.io/restartedAt";

async function rollOut({ to }: Exclude<ChangeOf<"restart">, Eviction>, { tools }: Env): Promise<Result> {
  const annotations = { [restartedAt]: tools.now().toISOString() };
  const template = kinds[to.kind].podSpec.slice(0, -1);
  const patch = [...template, "metadata"].reduceRight<object>((inside, step) => ({ [step]: inside }), { annotations });
  return { object: await tools.cluster().write(to, { patch }, tools.write) };
}

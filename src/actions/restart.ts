import { CliError, Conflict } from "../errors.ts";
import { keyOf } from "../kinds.ts";
import type { Pod } from "../objects.ts";
import type { Restart } from "../plan/change.ts";
import { waitOf } from "../state/pods.ts";
import type { Outcome } from "./outcome.ts";
import { asCliError } from "./take-back.ts";
import type { Bench } from "./tools.ts";
import { update } from "./update.ts";

/** A pod that went, or came to run, since it was looked at is as it should be. */
const settled = "it has changed since, and waits no more";

const replaced = "it has been replaced already";

/**
 * Milliseconds until admission, which reads ServiceAccounts from a cache, copies the list that was written a moment ago: a pod that is
 * made anew before that would have the old one.
 */
const behind = 250;

/** Has a pod made anew, if it still waits: by the Eviction API, and only the pod that was looked at last. */
export async function restart(change: Restart, { tools, seen }: Bench): Promise<Outcome> {
  const { to, uid } = change;
  const cluster = tools.cluster(to.context);
  const keep = (because: string): Outcome => ({ change: { act: "keep", to, because }, object: seen.get(keyOf(to)) });
  if (!tools.write.dryRun) await tools.sleep(behind);
  return update<Pod | undefined, Outcome>({
    read: () => cluster.get(to),
    write: async (pod) => {
      if (!pod || (pod.metadata.uid === uid && waitOf(pod) !== "image")) return keep(settled);
      if (pod.metadata.uid !== uid) return keep(replaced);
      const { resourceVersion: version } = pod.metadata;
      const error = await cluster.write(to, { evict: { uid, ...(version !== undefined && { version }) } }, tools.write).catch(asCliError);
      if (!(error instanceof CliError)) return { change };
      return keep(reasonGone(error));
    },
    // Its kubelet writes to it at the same time
    attempts: 5,
  });
}

/** Why there is nothing to evict. @throws CliError of every other eviction that was refused */
function reasonGone(error: CliError): string {
  if (error.kind === "notFound") return settled;
  // apiserver registry/generic/registry and core/pod/storage/eviction.go
  if (error instanceof Conflict && /UID in (the )?precondition/.test(error.message)) return replaced;
  throw error;
}

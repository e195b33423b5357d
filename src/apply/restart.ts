import { CliError, Conflict } from "../errors.ts";
import { keyOf } from "../kinds.ts";
import { waitOf } from "../observe/pods.ts";
import type { Restart } from "../plan/change.ts";
import type { Outcome } from "./outcome.ts";
import type { Bench } from "./tools.ts";

/** A pod that went, or came to run, since it was looked at is as it should be. */
const settled = "it has changed since, and waits no more";

/**
 * Milliseconds until admission, which reads ServiceAccounts from a cache, copies the list that was written a moment ago: a pod that is
 * made anew before that would have the old one.
 */
const behind = 250;

/** Looks at a pod this often while its kubelet writes to it at the same time. */
const rounds = 5;

/** Has a pod made anew, if it still waits: by the Eviction API, and only the pod that was looked at last. */
export async function restart(change: Restart, bench: Bench): Promise<Outcome> {
  if (!bench.tools.write.dryRun) await bench.tools.sleep(behind);
  for (let round = 1; ; round++) {
    try {
      return (
        (await evict(change, bench)) ?? {
          change: { act: "keep", to: change.to, because: settled },
          object: bench.seen.get(keyOf(change.to)),
        }
      );
    } catch (error) {
      if (!(error instanceof Conflict) || round === rounds) throw error;
    }
  }
}

/** @returns nothing for a pod that has changed @throws Conflict where it was written to since this look */
async function evict(change: Restart, { tools }: Bench): Promise<Outcome | undefined> {
  const { to, uid } = change;
  const cluster = tools.cluster(to.context);
  const pod = await cluster.get(to);
  if (pod?.metadata.uid !== uid || waitOf(pod) !== "image") return undefined;
  const { resourceVersion: version } = pod.metadata;
  try {
    await cluster.write(to, { evict: { uid, ...(version !== undefined && { version }) } }, tools.write);
    return { change };
  } catch (error) {
    if (error instanceof CliError && error.kind === "notFound") return undefined;
    throw error;
  }
}

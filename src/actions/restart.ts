import { CliError, Conflict } from "../errors.ts";
import { keyOf } from "../kinds.ts";
import type { Restart } from "../plan/change.ts";
import { waitOf } from "../state/pods.ts";
import type { Outcome } from "./outcome.ts";
import type { Bench } from "./tools.ts";

/** A pod that went, or came to run, since it was looked at is as it should be. */
const settled = "it has changed since, and waits no more";

const replaced = "it has been replaced already";

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
      const because = await evict(change, bench);
      if (because === undefined) return { change };
      return { change: { act: "keep", to: change.to, because }, object: bench.seen.get(keyOf(change.to)) };
    } catch (error) {
      if (!(error instanceof Conflict) || round === rounds) throw error;
    }
  }
}

/** @returns why the pod is left as it is, if it is @throws Conflict if it was written to since this look */
async function evict({ to, uid }: Restart, { tools }: Bench): Promise<string | undefined> {
  const cluster = tools.cluster(to.context);
  const pod = await cluster.get(to);
  if (!pod || (pod.metadata.uid === uid && waitOf(pod) !== "image")) return settled;
  if (pod.metadata.uid !== uid) return replaced;
  const { resourceVersion: version } = pod.metadata;
  try {
    await cluster.write(to, { evict: { uid, ...(version !== undefined && { version }) } }, tools.write);
    return undefined;
  } catch (error) {
    const because = goneBy(error);
    if (because === undefined) throw error;
    return because;
  }
}

/** Why an eviction that was refused has nothing to evict; undefined for any other error. */
function goneBy(error: unknown): string | undefined {
  if (error instanceof CliError && error.kind === "notFound") return settled;
  // apiserver registry/generic/registry and core/pod/storage/eviction.go
  return error instanceof Conflict && /UID in (the )?precondition/.test(error.message) ? replaced : undefined;
}

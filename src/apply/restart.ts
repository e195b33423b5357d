import { CliError, Conflict } from "../errors.ts";
import { keyOf } from "../kinds.ts";
import { waitOf } from "../observe/pods.ts";
import type { Restart } from "../plan/change.ts";
import type { Outcome } from "./outcome.ts";
import type { Bench } from "./tools.ts";

/** A pod that went, or came to run, since it was looked at is as it should be. */
const settled = "it has changed since, and waits no more";

/** Has a pod made anew, if it still waits: by the Eviction API, and only the pod that was looked at last. */
export async function restart(change: Restart, { tools, seen }: Bench): Promise<Outcome> {
  const { to, uid } = change;
  const cluster = tools.cluster(to.context);
  const keep: Outcome = { change: { act: "keep", to, because: settled }, object: seen.get(keyOf(to)) };
  const pod = await cluster.get(to);
  if (pod?.metadata.uid !== uid || waitOf(pod) !== "image") return keep;
  const { resourceVersion: version } = pod.metadata;
  try {
    await cluster.write(to, { evict: { uid, ...(version !== undefined && { version }) } }, tools.write);
    return { change };
  } catch (error) {
    if (error instanceof Conflict || (error instanceof CliError && error.kind === "notFound")) return keep;
    throw error;
  }
}

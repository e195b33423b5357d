import { kinds } from "../kinds.ts";
import type { Rollout } from "../plan/change.ts";
import type { Outcome } from "./outcome.ts";
import type { Bench } from "./tools.ts";

/** What `kubectl rollout restart` writes into a pod template, so that it is another one. */
const restartedAt = "kubectl.kubernetes.io/restartedAt";

/** Has a workload make its pods anew, in its own way and at its own pace. */
export async function rollout({ to }: Rollout, { tools }: Bench): Promise<Omit<Outcome, "change">> {
  const annotations = { [restartedAt]: tools.now().toISOString() };
  const template = kinds[to.kind].podSpec.slice(0, -1);
  const patch = [...template, "metadata"].reduceRight<object>((inside, step) => ({ [step]: inside }), { annotations });
  return { object: await tools.cluster(to.context).write(to, { patch }, tools.write) };
}

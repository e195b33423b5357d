import type { Ref } from "../kinds.ts";
import { type RestartOrder, restartsOf } from "../targets/restart.ts";
import type { PullingPod } from "../usage/pods.ts";
import type { Change } from "./change.ts";

/** Plans the restarts of `restartsOf`, first the actions, then the warnings. */
export function planRestarts(
  targets: Parameters<typeof restartsOf>[0],
  pods: readonly PullingPod[],
  order: RestartOrder,
  refused: readonly Ref[] = [],
): Change[] {
  const { restarts, warnings } = restartsOf(targets, pods, order, refused);
  return [
    ...restarts.map((one) => ({ act: "restart", ...one }) as Change),
    ...warnings.map((one): Change => ({ act: "warn", ...one }) as Change),
  ];
}

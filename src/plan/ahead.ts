import { kinds, nameOf } from "../kinds.ts";
import type { Change, Plan } from "./change.ts";
import { inLine } from "./named.ts";

/** What of a plan ends pods, in a line to be read before it happens: `about to roll out deployment.apps/web`. */
export function aheadOf(plan: Plan): string | undefined {
  const parts = [
    part("roll out", plan.filter(rollsOut)),
    part(
      "make anew",
      plan.filter(({ act }) => act === "restart" || act === "recreate"),
    ),
  ].filter((words) => words !== undefined);
  return parts.length === 0 ? undefined : `about to ${parts.join(", and to ")}`;
}

function rollsOut(change: Change): boolean {
  if (change.act === "rollout") return true;
  return (change.act === "attach" || change.act === "detach") && kinds[change.to.kind].carries.takes === "rollout";
}

const part = (verb: string, changes: readonly Change[]) =>
  changes.length === 0 ? undefined : `${verb} ${inLine(changes.map(({ to }) => nameOf(to)))}`;

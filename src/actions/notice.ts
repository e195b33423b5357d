import { kinds, nameOf } from "../kinds.ts";
import type { Change, Plan } from "../plan/change.ts";
import { inLine } from "../wording.ts";

/** Describes the changes of a plan that end pods, in a line that is printed before them: `rolling out deployment.apps/web`. */
export function restartNotice(plan: Plan): string | undefined {
  const parts = [
    part("rolling out", plan.filter(rollsOut)),
    part(
      "restarting",
      plan.filter((change) => (change.act === "restart" && change.uid !== undefined) || change.act === "recreate"),
    ),
  ].filter((words) => words !== undefined);
  return parts.length === 0 ? undefined : parts.join("; ");
}

function rollsOut(change: Change): boolean {
  if (change.act === "restart") return change.uid === undefined;
  return (change.act === "attach" || change.act === "detach") && kinds[change.to.kind].pullSecretList.takesEffect === "rollout";
}

const part = (verb: string, changes: readonly Change[]) =>
  changes.length === 0 ? undefined : `${verb} ${inLine(changes.map(({ to }) => nameOf(to)))}`;

import type { Outcome } from "../outcome.ts";
import type { Change } from "../plan/change.ts";
import { messageOf } from "./actions.ts";
import { type Outcome as Applied, isFailed, subjectOf } from "./outcome.ts";

/** Returns what a change did, as it is printed. */
export function reported(applied: Applied): Outcome {
  const { change, object, before, messages, error, left } = applied;
  const shared = { to: subjectOf(applied), object, before, messages, error, left };
  if (change) return { ...shared, ...ofChange(change, applied) };
  const isPartial = "isPartial" in applied && applied.isPartial;
  return { ...shared, endsPlace: error !== undefined && !isPartial, notice: "notice" in applied ? applied.notice : undefined };
}

function ofChange(change: Change, applied: Applied): Omit<Outcome, "to"> {
  const isCreated = change.act === "store" && !change.precondition;
  return {
    result: isFailed(applied) ? undefined : messageOf(change),
    because: memberOf(change, "because") as string | undefined,
    grants: memberOf(change, "grants") as readonly string[] | undefined,
    slot: change.act === "delete" ? change.slot : undefined,
    list: listOf(change),
    unmade: change.act === "store" ? applied.unmade : undefined,
    before: isCreated ? undefined : applied.before,
    fix: applied.fix,
    ...(change.act === "warn" && { isInfo: change.isInfo, ids: change.id && [change.id], fix: applied.fix ?? change.fix }),
  };
}

const memberOf = (change: object, name: string): unknown => (change as Record<string, unknown>)[name];

function listOf(change: Change): Outcome["list"] {
  if (change.act === "attach" || change.act === "detach") {
    const { act: does, secret, before, after } = change;
    return { does, secret, before, after };
  }
  return change.act === "recreate" ? { does: change.does, secret: change.secret, before: change.before, after: change.after } : undefined;
}

export async function* allReported(applied: AsyncIterable<Applied>): AsyncGenerator<Outcome> {
  for await (const one of applied) yield reported(one);
}

import type { Verdict } from "../check/verdict.ts";
import { asRefusal, CliError } from "../errors.ts";
import type { checkAll } from "./check.ts";

/** Milliseconds between two rounds. */
const interval = 5000;

/** The errors that may pass: a namespace or a target that is created later, a broken connection. */
const passing: readonly CliError["kind"][] = ["notFound", "unreachable", "timeout", "conflict"];

type Round = { readonly checked: Awaited<ReturnType<typeof checkAll>> };

/**
 * Repeats a check until it finds images and none of them fails, or until the time is over. No verdict ends the wait early: even a pod with an
 * invalid image may be one that a rollout is replacing.
 * @param check reads everything again
 * @param wait `milliseconds`: 0 checks once
 * @returns the last round @throws its error; Interrupted; ProxyEnded
 */
export async function waitForPulls<R extends Round>(
  check: () => Promise<R>,
  wait: { readonly milliseconds: number; isFailure(verdict: Verdict): boolean; now(): Date; sleep(milliseconds: number): Promise<void> },
): Promise<R> {
  const deadline = wait.now().getTime() + wait.milliseconds;
  for (;;) {
    const round = await check().catch(asRefusal);
    const left = deadline - wait.now().getTime();
    if (left > 0 && mayImprove(round, wait.isFailure)) await wait.sleep(Math.min(interval, left));
    else if (round instanceof CliError) throw round;
    else return round;
  }
}

function mayImprove(round: Round | CliError, isFailure: (verdict: Verdict) => boolean): boolean {
  if (round instanceof CliError) return passing.includes(round.kind);
  const { verdicts, unreadable } = round.checked;
  if (unreadable.length > 0) return unreadable.every(({ error }) => passing.includes(error.kind));
  return verdicts.length === 0 || verdicts.some(isFailure);
}

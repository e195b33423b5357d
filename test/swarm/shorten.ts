import { isDeepStrictEqual } from "node:util";
import { playRound } from "./play-round.ts";
import type { Round, Step } from "./round.ts";

/** What two failures of one cause have in common: the first line without what differs between runs. */
export const kindOf = (failure: string): string => (failure.split("\n")[0] ?? "").replaceAll(/\S*[\d/]\S*/g, "…");

type Steps = readonly Step[];

/** Leaves out steps and disturbances while the round fails in the same way. @param end when to stop (performance.now) */
export async function shorten(round: Round, failure: string, end: number): Promise<{ round: Round; failure: string }> {
  let best = { round, failure };
  for (const change of changes(round.steps.length)) {
    if (performance.now() > end) break;
    const steps = change(best.round.steps);
    if (isDeepStrictEqual(steps, best.round.steps)) continue;
    const failed = await playRound({ ...round, steps });
    if (failed !== undefined && kindOf(failed) === kindOf(failure)) best = { round: { ...round, steps }, failure: failed };
  }
  return best;
}

/** Yields functions that leave out some steps in a row, fewer and fewer, and then disturbances. */
function* changes(length: number): Generator<(steps: Steps) => Steps> {
  for (const size of [16, 8, 4, 2, 1, 1])
    for (let at = length - size; at > -size; at -= size) yield (steps) => steps.filter((_, index) => index < at || index >= at + size);
  for (let at = 0; at < length; at++) {
    yield (steps) => calmer(steps, at, ({ fates }) => ({ fates: Object.fromEntries(Object.entries(fates).slice(1)) }));
    yield (steps) => calmer(steps, at, ({ fates }) => ({ fates: Object.fromEntries(Object.entries(fates).slice(0, 1)) }));
    yield (steps) => calmer(steps, at, () => ({ ahead: 0 }));
  }
}

type Start = Extract<Step, { readonly line: string }>;

function calmer(steps: Steps, at: number, change: (start: Start) => Partial<Start>): Steps {
  const step = steps[at];
  return step && "fates" in step ? steps.with(at, { ...step, ...change(step) }) : steps;
}

/** Returns a round as lines for a person. */
export function told({ seed, line, azureAhead, steps }: Round): string {
  return [
    `--seed=${seed}`,
    `Azure's clock is ${azureAhead} ms ahead`,
    ...steps.map((step) => JSON.stringify(step)),
    `at the end: ${line}`,
  ].join("\n");
}

import type { Outcome } from "../../src/actions/outcome.ts";

/** Outcomes as they come, each told to `note`, and in the end whether a Secret was made among them: nothing uses it yet. */
export function noticing(
  outcomes: AsyncIterable<Outcome>,
  note: (outcome: Outcome) => void,
): { outcomes: AsyncIterable<Outcome>; made(): boolean } {
  let made = false;
  async function* passed(): AsyncGenerator<Outcome> {
    for await (const outcome of outcomes) {
      made ||= isMade(outcome);
      note(outcome);
      yield outcome;
    }
  }
  return { outcomes: passed(), made: () => made };
}

const isMade = ({ change, error, left }: Outcome) => change.act === "store" && !change.stands && !error && !left;

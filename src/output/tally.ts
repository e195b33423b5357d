import type { Outcome } from "../apply/outcome.ts";
import { wordOf, words } from "./words.ts";

/** What has become of each place so far, in one word: what says most of it. */
export type Tally = {
  count(outcome: Outcome): void;
  readonly failures: number;
  /** Places of which something is known. */
  readonly places: number;
  /** Those of them that an interruption left unfinished. */
  readonly left: number;
  /** `created 998, unchanged 1, failed 1`; what was left is not in it. */
  summary(): string;
};

/** What says most of a place comes first: one that was left by an interruption is not done, whatever else became of it. */
const order = ["failed", "left", ...words];

export function openTally(): Tally {
  const byPlace = new Map<string, string>();
  let failures = 0;

  return {
    count: (outcome) => {
      if (isFailure(outcome)) failures++;
      const place = placeOf(outcome);
      const word = tallied(outcome);
      if (place !== undefined && word !== undefined) byPlace.set(place, strongest(byPlace.get(place), word));
    },
    get failures() {
      return failures;
    },
    get places() {
      return byPlace.size;
    },
    get left() {
      return countOf("left", byPlace.values());
    },
    summary: () => summaryOf([...byPlace.values()]),
  };
}

const isFailure = ({ error, left }: Outcome) => error !== undefined || left === "failed";

function tallied(outcome: Outcome): string | undefined {
  if (isFailure(outcome)) return "failed";
  return outcome.left ? "left" : wordOf(outcome.change);
}

const placeOf = ({ change: { to } }: Outcome) => (to.namespace === undefined ? undefined : `${to.context ?? ""}/${to.namespace}`);

const strongest = (before: string | undefined, word: string) =>
  before === undefined || order.indexOf(word) < order.indexOf(before) ? word : before;

const countOf = (word: string, of: Iterable<string>) => [...of].filter((one) => one === word).length;

function summaryOf(placesIn: readonly string[]): string {
  const told = [...words, "failed"].map((word) => ({ word, count: countOf(word, placesIn) }));
  return told.flatMap(({ word, count }) => (count > 0 ? [`${word} ${count}`] : [])).join(", ");
}

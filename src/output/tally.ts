import type { Outcome } from "../apply/outcome.ts";
import { wordOf, words } from "./words.ts";

/** What has become of each place so far, in one word: what says most of it. */
export type Tally = {
  count(outcome: Outcome): void;
  readonly failures: number;
  /** Places of which something is known. */
  readonly places: number;
  /** `created 998, unchanged 1, failed 1`. */
  summary(): string;
};

const order = ["failed", ...words];

export function openTally(): Tally {
  const byPlace = new Map<string, string>();
  let failures = 0;

  return {
    count: ({ change, error, left }) => {
      if (error || left) failures++;
      const { context = "", namespace } = change.to;
      const word = error || left ? "failed" : wordOf(change);
      if (namespace === undefined || word === undefined) return;
      const key = `${context}/${namespace}`;
      const before = byPlace.get(key);
      if (before === undefined || order.indexOf(word) < order.indexOf(before)) byPlace.set(key, word);
    },
    get failures() {
      return failures;
    },
    get places() {
      return byPlace.size;
    },
    summary: () => {
      const counts = new Map<string, number>();
      for (const word of byPlace.values()) counts.set(word, (counts.get(word) ?? 0) + 1);
      return [...words, "failed"].flatMap((word) => (counts.has(word) ? [`${word} ${counts.get(word)}`] : [])).join(", ");
    },
  };
}

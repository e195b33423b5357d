import { expect, test } from "vitest";
import { type } from "../../support/in-process.ts";
import { healthy, setups } from "../../support/situations/setups.ts";

type Item = {
  readonly kind: string;
  readonly id: string;
  readonly subject: string;
  readonly status: string;
  readonly applies: string;
  readonly next?: string;
};

/** The letter of each value of `applies`. */
const letters: Readonly<Record<string, string>> = { best: "b", available: "a", unavailable: "u", unknown: "?", never: "x" };

/** Runs `doctor`, and returns its findings and ways in the form of the table. */
async function examine({ given, sku, words = "--registry myregistry -n demo", options }: (typeof setups)[number]) {
  const world = await healthy(sku);
  await given?.(world);
  const { stdout, stderr, code } = await type(`doctor ${words} -o json`, world.ports, options);
  const items: readonly Item[] = JSON.parse(stdout).items;
  const best = items.find(({ applies }) => applies === "best");
  return {
    finds: items.flatMap(({ kind, id, subject, status, next }) =>
      kind === "Finding" && status !== "ok" ? `${status} ${id} ${subject}: ${next}` : [],
    ),
    ways: items.flatMap(({ kind, applies }) => (kind === "Way" ? letters[applies] : [])).join(""),
    best: best ? `${best.id}: ${best.next}` : "none",
    code,
    stderr,
    writes: world.asking.writes,
  };
}

test.for(setups)("finds the problems and the best way when $when", async (setup) => {
  const { finds, ways, best, code } = setup;

  expect(await examine(setup)).toEqual({ finds, ways, best, code, stderr: "", writes: [] });
});

import { expect, test } from "vitest";
import { pausesOf } from "../../src/retry.ts";

test.for([
  { whole: 0, pauses: [] },
  { whole: 500, pauses: [500] },
  { whole: 1000, pauses: [1000] },
  { whole: 10_000, pauses: [1000, 2000, 4000, 3000] },
  { whole: 22_000, pauses: [1000, 2000, 4000, 5000, 5000, 5000] },
])("$whole ms are waited in $pauses", ({ whole, pauses }) => {
  expect([...pausesOf(whole)]).toEqual(pauses);
});

import { expect, test } from "vitest";
import { drawn, takesAll } from "../support/sampled.ts";

const rows = Array.from({ length: 100 }, (_, index) => index);

test("draws some rows in their order, and other ones each time", () => {
  const [first = [], second = []] = [drawn(rows, 10), drawn(rows, 10)];

  expect([first.length, second.length]).toEqual(Array(2).fill(takesAll ? 100 : 10));
  expect(first).toEqual([...new Set(first)].sort((a, b) => a - b));
  if (!takesAll) expect(first).not.toEqual(second);
  expect(drawn(rows, 100)).toEqual(rows);
});

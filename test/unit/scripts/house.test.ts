import { expect, test } from "vitest";
import { measureHouse } from "../../../scripts/house/measure.ts";

test("stays within the limits of the house", () => {
  expect(measureHouse().filter(({ count, limit }) => count > limit)).toEqual([]);
});

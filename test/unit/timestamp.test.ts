import { expect, test } from "vitest";
import { isSameTime } from "../../src/timestamp.ts";

test.for([
  { a: "2100-12-31T12:59:59.000Z", b: "2100-12-31T12:59:59+00:00", same: true },
  { a: "2100-12-31T13:59:59.1234567+01:00", b: "2100-12-31T12:59:59.123Z", same: true },
  { a: "2100-12-31T12:59:59Z", b: "2100-12-31T12:59:58Z", same: false },
  { a: "never", b: "never", same: false },
  { a: undefined, b: undefined, same: false },
])("$a and $b are the same moment: $same", ({ a, b, same }) => {
  expect(isSameTime(a, b)).toBe(same);
});

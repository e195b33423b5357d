import { expect, test } from "vitest";
import { nextRun } from "../../../src/schedule/next-run.ts";

// A Thursday
const now = "2026-01-01T10:30:00Z";

test.for([
  { schedule: "*/5 * * * *", next: "2026-01-01T10:35:00Z" },
  { schedule: "30 10 * * *", next: "2026-01-02T10:30:00Z" },
  { schedule: "0 3 * * *", next: "2026-01-02T03:00:00Z" },
  { schedule: "0,45 10-11 * * *", next: "2026-01-01T10:45:00Z" },
  { schedule: "50/3 * * * *", next: "2026-01-01T10:50:00Z" },
  { schedule: "0 0 * * mon-FRI", next: "2026-01-02T00:00:00Z" },
  { schedule: "0 0 * feb,mar *", next: "2026-02-01T00:00:00Z" },
  // Two selections of days: one of them is enough. With * in one of the fields, the other one decides
  { schedule: "0 0 15 * sat", next: "2026-01-03T00:00:00Z" },
  { schedule: "0 0 15 * ?", next: "2026-01-15T00:00:00Z" },
  { schedule: "0 0 */10 * sat", next: "2026-01-03T00:00:00Z" },
  // A step of 1 is a star, and any other step isn't
  { schedule: "0 0 */1 * mon", next: "2026-01-05T00:00:00Z" },
  { schedule: "0 0 15 * ?/1", next: "2026-01-15T00:00:00Z" },
  { schedule: "0 0 */2 * 1", next: "2026-01-03T00:00:00Z" },
  { schedule: "0 0 1-31 * 1", next: "2026-01-02T00:00:00Z" },
  { schedule: "0 0 29 2 *", next: "2028-02-29T00:00:00Z" },
  { schedule: "59 23 31 12 *", next: "2026-12-31T23:59:00Z" },
  ...["0 0 30 2 *", "@hourly", "* * * *", "x * * * *", "*/0 * * * *", `${"1,".repeat(200)}1 * * * *`].map((schedule) => ({
    schedule,
    next: undefined,
  })),
])("finds $next as the next time of $schedule", ({ schedule, next }) => {
  expect(nextRun(schedule, new Date(now))).toEqual(next && new Date(next));
});

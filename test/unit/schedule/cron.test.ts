import { expect, test } from "vitest";
import { cronOf, nextTime } from "../../../src/schedule/cron.ts";

test.for([
  { text: "03:00", cron: "0 3 * * *" },
  { text: "9:05", cron: "5 9 * * *" },
  { text: "23:59", cron: "59 23 * * *" },
  { text: "*/10  * * * *", cron: "*/10 * * * *" },
  { text: "0 3 1,15 jan-mar MON-wed/2", cron: "0 3 1,15 jan-mar MON-wed/2" },
  { text: "7 7 7 7 */7", cron: "7 7 7 7 */7" },
  { text: "0 0 * jul WED", cron: "0 0 * jul WED" },
  ...["24:00", "3:5", "3", "@daily", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * *", "* * * * * *"].map(refused),
  ...["5-1 * * * *", "*/0 * * * *", "a * * * *", "* * * foo *", "-1 * * * *", "", "TZ=UTC 0 3 * * *"].map(refused),
  // Kubernetes does not read these
  ...["0 0 L * *", "0 0 15W * *", "0 0 LW * *", "0 0 * * mon#1", "0 0 * * 5L", "0 0 1 * +1", "0 0 * * 7", "0 0 * * 5-7", "0 0 * * 1,7"].map(
    refused,
  ),
  // No year has this day
  refused("0 0 30 2 *"),
])("reads $text as $cron", ({ text, cron }) => {
  expect(cronOf(text)).toBe(cron);
});

function refused(text: string) {
  return { text, cron: undefined };
}

// robfig/cron v3 accepts a weekday or a day if both are restricted
test.for([
  { cron: "0 3 * * *", after: "2026-01-01T02:59:59Z", next: "2026-01-01T03:00:00.000Z" },
  { cron: "0 3 * * *", after: "2026-01-01T03:00:00Z", next: "2026-01-02T03:00:00.000Z" },
  { cron: "*/10 * * * *", after: "2026-01-01T23:55:00Z", next: "2026-01-02T00:00:00.000Z" },
  { cron: "@daily", after: "2026-01-01T00:51:00Z", next: "2026-01-02T00:00:00.000Z" },
  { cron: "TZ=UTC 0 3 * * *", after: "2026-01-01T00:51:00Z", next: undefined },
  { cron: "0 0 29 2 *", after: "2026-01-01T00:00:00Z", next: "2028-02-29T00:00:00.000Z" },
  { cron: "0 0 30 2 *", after: "2026-01-01T00:00:00Z", next: undefined },
  { cron: "0 12 * * mon-fri", after: "2026-01-02T12:00:00Z", next: "2026-01-05T12:00:00.000Z" },
  { cron: "0 0 13 * fri", after: "2026-01-01T00:00:00Z", next: "2026-01-02T00:00:00.000Z" },
  { cron: "0 0 */2 * fri", after: "2026-01-01T00:00:00Z", next: "2026-01-02T00:00:00.000Z" },
])("runs $cron after $after at $next", ({ cron, after, next }) => {
  expect(nextTime(cron, new Date(after))?.toISOString()).toBe(next);
});

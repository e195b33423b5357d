import { expect, test } from "vitest";
import { day, hour, minute } from "../../../src/duration.ts";
import { longestPause } from "../../../src/schedule/cron.ts";
import { cronOf } from "../../../src/schedule/objects.ts";

test.for([
  { text: "03:00", cron: "0 3 * * *" },
  { text: "9:05", cron: "5 9 * * *" },
  { text: "23:59", cron: "59 23 * * *" },
  { text: "*/10  * * * *", cron: "*/10 * * * *" },
  { text: "0 3 1,15 jan-mar MON-wed/2", cron: "0 3 1,15 jan-mar MON-wed/2" },
  { text: "7 7 7 7 */7", cron: "7 7 7 7 */7" },
  { text: "0 0 007 * ?", cron: "0 0 007 * ?" },
  { text: "0 0 * jul WED", cron: "0 0 * jul WED" },
  ...["24:00", "3:5", "3", "@daily", "* * * *", "* * * * * *"].map(refused),
  ...["0 0 * * sat-sun", "0 2-24/12 * * *", "10-60/4 * * * *", "*/0 * * * *", "0 0 0 * *", "0 0 * 13 *"].map(refused),
  ...["0 0 * * 7", "5-1 * * * *", "x * * * *", "0x1 * * * *", "1-2-3 * * * *", "1/2/3 * * * *", "0 mon * * *"].map(refused),
  ...["", "TZ=UTC 0 3 * * *", "TZ=UTC 0 3 * *", "0 0 * * mon#1", "0 0 1 * +1", "0 0 * * \u0000"].map(refused),
])("reads $text as $cron", ({ text, cron }) => {
  expect(cronOf(text)).toBe(cron);
});

test.for([
  { cron: "* * * * *", pause: minute },
  { cron: "*/5 * * * *", pause: 5 * minute },
  { cron: "7/20 * * * *", pause: 20 * minute },
  { cron: "0 3 * * *", pause: day },
  { cron: "0 8-18/2 * * ?", pause: 14 * hour },
  { cron: "30 6,18 * * mon-fri", pause: 2 * day + 12 * hour },
  { cron: "0 3 * * 1", pause: 7 * day },
  { cron: "0 3 1,15 * mon", pause: 7 * day },
  { cron: "0 0 1 * *", pause: 31 * day },
  { cron: "0 0 29 2 *", pause: 1461 * day },
  { cron: "0 0 30 2 *", pause: Number.POSITIVE_INFINITY },
])("has at most $pause ms between two runs of $cron", ({ cron, pause }) => {
  expect(longestPause(cron)).toBe(pause);
});

function refused(text: string) {
  return { text, cron: undefined };
}

import { dayOf } from "../man/day.ts";

/** The date before the first release. lintian treats a file from 1970 as the result of a wrong clock. */
const beforeAnyRelease = new Date("2000-01-01T00:00:00Z");

/**
 * Returns the date of all files of a version: midnight of the day in the changelog, so that the same sources give the same bytes.
 *
 * @param changelog in the format of Keep a Changelog: `## [1.2.3] - 2026-11-26`
 */
export function releaseDate(changelog: string, version: string): Date {
  const day = new Date(`${dayOf(changelog, version)}T00:00:00Z`);
  return day < beforeAnyRelease ? beforeAnyRelease : day;
}

import { dayOf } from "../man/day.ts";

/** Where nothing has been released yet: a file of 1970 would be taken for a broken clock's (lintian). */
const beforeAnyRelease = new Date("2000-01-01T00:00:00Z");

/**
 * When everything of a version is dated, so that the same sources make the same bytes: midnight of the day that the changelog has of it.
 *
 * @param changelog in the form of Keep a Changelog: `## [1.2.3] - 2026-11-26`
 */
export function releaseDate(changelog: string, version: string): Date {
  const day = new Date(`${dayOf(changelog, version)}T00:00:00Z`);
  return day < beforeAnyRelease ? beforeAnyRelease : day;
}

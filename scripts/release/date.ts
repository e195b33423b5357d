/** The date of an unreleased version, as for the files of an archive. */
const unreleased = "1970-01-01";

/**
 * Returns the date of the image of a version: midnight of the day in the changelog. So the same sources give the same bytes.
 *
 * @param changelog in the format of Keep a Changelog: `## [1.2.3] - 2026-11-26`
 */
export function releaseDate(changelog: string, version: string): Date {
  const heading = changelog.split("\n").find((line) => line.startsWith(`## [${version}] - `));
  return new Date(`${/\d{4}-\d{2}-\d{2}$/.exec(heading ?? "")?.[0] ?? unreleased}T00:00:00Z`);
}

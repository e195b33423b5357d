/** The date of an unreleased version, as for the files of an archive. */
const unreleased = "1970-01-01";

/** Returns the release date of a version (`YYYY-MM-DD`) from the changelog's heading: `## [0.2.0] - 2027-01-31`. */
export function dayOf(changelog: string, version: string): string {
  const heading = changelog.split("\n").find((line) => line.startsWith(`## [${version}] - `));
  return /\d{4}-\d{2}-\d{2}$/.exec(heading ?? "")?.[0] ?? unreleased;
}

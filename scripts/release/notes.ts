/**
 * Returns the text of a release: the changelog's section on a version.
 *
 * @param changelog in the format of Keep a Changelog
 * @throws Error if it has no dated heading for the version
 */
export function releaseNotes(changelog: string, version: string): string {
  const sections = changelog.split(/^(?=## \[)/m);
  const own = sections.find((section) => section.startsWith(`## [${version}] - `));
  if (!own) throw new Error(`CHANGELOG.md has no section "## [${version}] - YYYY-MM-DD"`);
  return own
    .slice(own.indexOf("\n"))
    .replace(/^\[[^\]]+\]: \S+$/gm, "")
    .trim();
}

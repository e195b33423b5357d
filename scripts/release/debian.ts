/** Whose package it is: Debian and RPM ask for a name and an address. */
export const maintainer = "The kubectl-acr-secret authors <kubectl-acr-secret@users.noreply.github.com>";

/** The name of the package, wherever the channel lets us choose. */
export const packageName = "kubectl-acr-secret";

/** debian/changelog of a release (deb-changelog(5)): what changed is upstream's to tell, beside it. */
export function debianChangelog(version: string, day: Date): string {
  const date = day.toUTCString().replace("GMT", "+0000");
  return `${packageName} (${version}) stable; urgency=medium\n\n  * Release ${version}: see changelog.gz.\n\n -- ${maintainer}  ${date}\n`;
}

/** debian/copyright (DEP-5), with our license in full; those of the libraries are in a file beside it. */
export function debianCopyright({ homepage, license }: { homepage: string; license: string }): string {
  const [title = "", ...lines] = license.trim().split("\n");
  const holder = lines.find((line) => line.startsWith("Copyright"))?.replace(/^Copyright \(c\) /, "") ?? "";
  const text = lines
    .slice(lines.findIndex((line) => line.startsWith("Permission")))
    .map((line) => (line.trim() === "" ? " ." : ` ${line}`));
  return [
    "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/",
    `Upstream-Name: ${packageName}`,
    `Source: ${homepage}`,
    "Comment: The program carries Node.js and libraries, whose licenses are in",
    ` /usr/share/doc/${packageName}/THIRD_PARTY_LICENSES.gz`,
    "",
    "Files: *",
    `Copyright: ${holder}`,
    `License: ${title.includes("MIT") ? "Expat" : title}`,
    ...text,
    "",
  ].join("\n");
}

/** What lintian finds and is right about, and why it stays; `#` is a comment in its file. */
export const lintianOverrides = `# The program is a Node.js with the plugin in it, as single executables are. Its zlib is the one that Node is tested with.
${packageName}: embedded-library *zlib* [usr/bin/kubectl-acr_secret]
`;

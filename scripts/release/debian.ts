/** The maintainer of the package. Debian requires a name and an address. */
export const maintainer = "The kubectl-acr-secret authors <kubectl-acr-secret@users.noreply.github.com>";

/** The name of the package. */
export const packageName = "kubectl-acr-secret";

/** Returns debian/changelog of a release (deb-changelog(5)). The list of changes is in the upstream changelog next to it. */
export function debianChangelog(version: string, day: Date): string {
  const date = day.toUTCString().replace("GMT", "+0000");
  return `${packageName} (${version}) stable; urgency=medium\n\n  * Release ${version}: see changelog.gz.\n\n -- ${maintainer}  ${date}\n`;
}

/** Returns debian/copyright (DEP-5) with our full license. The licenses of the libraries are in a separate file next to it. */
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

/** Valid findings of lintian, with the reason to keep each. `#` starts a comment in this file. */
export const lintianOverrides = `# pkg adds the plugin to Node's own release, which keeps its symbols.
${packageName}: unstripped-binary-or-object [usr/bin/kubectl-acr_secret]
# The program is a Node.js with the plugin in it, as single executables are. Its zlib is the one that Node is tested with.
${packageName}: embedded-library *zlib* [usr/bin/kubectl-acr_secret]
`;

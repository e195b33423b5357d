import { describe, expect, test } from "vitest";
import { releaseDate } from "../../../scripts/release/date.ts";
import { debianChangelog, debianCopyright } from "../../../scripts/release/debian.ts";
import { destinations, type Release } from "../../../scripts/release/destinations.ts";
import { releaseIn } from "../../../scripts/release/files.ts";
import { releaseNotes, tagProblem } from "../../../scripts/release/notes.ts";

const changelog = `# Changelog

## [Unreleased]

- soon

## [0.2.0] - 2026-11-30

### Added

- much

## [0.1.0] - 2026-10-01

- first

[Unreleased]: https://github.com/o/r/compare/v0.2.0...main
[0.1.0]: https://github.com/o/r/releases/tag/v0.1.0
`;

test.for([
  { version: "0.2.0", text: changelog, day: "2026-11-30" },
  { version: "0.1.0", text: changelog, day: "2026-10-01" },
  { version: "0.3.0", text: changelog, day: "2000-01-01" },
  { version: "0.1.0", text: "# Changelog\n\n## [Unreleased]\n", day: "2000-01-01" },
])("what belongs to $version is dated $day", ({ version, text, day }) => {
  expect(releaseDate(text, version).toISOString()).toBe(`${day}T00:00:00.000Z`);
});

test("the notes of a release are its section of the changelog", () => {
  expect(releaseNotes(changelog, "0.2.0")).toBe("### Added\n\n- much");
  expect(releaseNotes(changelog, "0.1.0")).toBe("- first");
  expect(() => releaseNotes(changelog, "0.3.0")).toThrow('CHANGELOG.md has no section "## [0.3.0] - YYYY-MM-DD"');
});

test.for([
  { tag: "v0.2.0", version: "0.2.0", problem: undefined },
  { tag: "0.2.0", version: "0.2.0", problem: "the tag is 0.2.0, and package.json has the version 0.2.0" },
  { tag: "v0.2.1", version: "0.2.0", problem: "the tag is v0.2.1, and package.json has the version 0.2.0" },
  { tag: "v0.3.0", version: "0.3.0", problem: 'CHANGELOG.md has no section "## [0.3.0] - YYYY-MM-DD"' },
  { tag: "", version: "0.2.0", problem: "the tag is , and package.json has the version 0.2.0" },
])("the tag $tag of version $version: $problem", ({ tag, version, problem }) => {
  expect(tagProblem(tag, version, changelog)).toBe(problem);
});

test("Debian's changelog names the release and its day", () => {
  expect(debianChangelog("0.2.0-1", new Date("2026-11-30T00:00:00Z"))).toBe(
    `kubectl-acr-secret (0.2.0-1) stable; urgency=medium

  * Release 0.2.0-1: see changelog.gz.

 -- The kubectl-acr-secret authors <kubectl-acr-secret@users.noreply.github.com>  Mon, 30 Nov 2026 00:00:00 +0000
`,
  );
});

test("Debian's copyright has the license in full, an empty line as a dot", () => {
  const license =
    "MIT License\n\nCopyright (c) 2026 Somebody\n\nPermission is hereby granted,\nfree of charge\n\nTHE SOFTWARE IS PROVIDED\n";

  expect(debianCopyright({ homepage: "https://example.com", license })).toMatch(
    /\nFiles: \*\nCopyright: 2026 Somebody\nLicense: Expat\n Permission is hereby granted,\n free of charge\n \.\n THE SOFTWARE IS PROVIDED\n$/,
  );
});

describe("what is published", () => {
  const names = [
    "kubectl-acr-secret-0.2.0.tgz",
    "kubectl-acr-secret-linux-x64-0.2.0.tgz",
    "kubectl-acr-secret-linux-x64-0.1.0.tgz",
    "kubectl-acr-secret_0.2.0-1_amd64.deb",
    "kubectl-acr-secret_0.1.0-1_amd64.deb",
    "kubectl-acr-secret-0.2.0-1.x86_64.rpm",
    "kubectl-acr_secret-v0.2.0-linux-amd64.tar.gz",
    "kubectl-acr_secret-v0.2.0-linux-amd64.tar.gz.made-of",
    "kubectl-acr_secret-v0.2.0-windows-amd64.zip",
    "SHA256SUMS",
    "linux-amd64",
    "notes.md",
  ];
  const release: Release = releaseIn("dist", names, { version: "0.2.0", imageName: "ghcr.io/o/r" });
  const typed = (place: string) => destinations[place]?.steps(release).map(({ run }) => run.join(" "));

  test("to GitHub: what people download, of this version alone", () => {
    expect(typed("github")).toEqual([
      "gh release create v0.2.0 --verify-tag --title v0.2.0 --notes-file dist/notes.md",
      `gh release upload v0.2.0 --clobber ${[
        "SHA256SUMS",
        "kubectl-acr-secret-0.2.0-1.x86_64.rpm",
        "kubectl-acr-secret_0.2.0-1_amd64.deb",
        "kubectl-acr_secret-v0.2.0-linux-amd64.tar.gz",
        "kubectl-acr_secret-v0.2.0-windows-amd64.zip",
      ]
        .map((name) => `dist/${name}`)
        .join(" ")}`,
    ]);
  });

  test("to npm: first what the main package asks for", () => {
    expect(typed("npm")).toEqual([
      "npm publish dist/kubectl-acr-secret-linux-x64-0.2.0.tgz --access public",
      "npm publish dist/kubectl-acr-secret-0.2.0.tgz --access public",
    ]);
  });

  test("to the registry: the image by its version, and as the latest", () => {
    expect(typed("image")).toEqual([
      "crane auth login ghcr.io --username release --password-stdin",
      "crane push --index dist/kubectl-acr-secret-image-v0.2.0 ghcr.io/o/r:0.2.0",
      "crane tag ghcr.io/o/r:0.2.0 latest",
    ]);
  });
});

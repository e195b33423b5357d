import { describe, expect, test } from "vitest";
import { releaseDate } from "../../../scripts/release/date.ts";
import { destinations, type Release } from "../../../scripts/release/destinations.ts";
import { releaseIn } from "../../../scripts/release/files.ts";
import { releaseNotes } from "../../../scripts/release/notes.ts";
import { tagProblem } from "../../../scripts/release/tag.ts";

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
  { version: "0.3.0", text: changelog, day: "1970-01-01" },
  { version: "0.1.0", text: "# Changelog\n\n## [Unreleased]\n", day: "1970-01-01" },
])("dates $version $day", ({ version, text, day }) => {
  expect(releaseDate(text, version).toISOString()).toBe(`${day}T00:00:00.000Z`);
});

test("takes the text of a release from its section of the changelog", () => {
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
])("checks the tag $tag of version $version: $problem", ({ tag, version, problem }) => {
  expect(tagProblem(tag, version, changelog)).toBe(problem);
});

describe("releaseIn", () => {
  const names = [
    "kubectl-acr_secret-v0.2.0-linux-amd64.tar.gz",
    "kubectl-acr_secret-v0.1.0-linux-amd64.tar.gz",
    "kubectl-acr_secret-v10.2.0-linux-amd64.tar.gz",
    "kubectl-acr_secret-v0.2.0.1-linux-amd64.tar.gz",
    "kubectl-acr_secret-v0.2.0-rc.1-linux-amd64.tar.gz",
    "kubectl-acr_secret-v0.2.0-linux-amd64.tar.gz.made-of",
    "kubectl-acr_secret-v0.2.0.cdx.json",
    "SHA256SUMS",
    "linux-amd64",
    "notes.md",
  ];
  const release: Release = releaseIn("dist", names, { version: "0.2.0", imageName: "ghcr.io/o/r" });
  const commands = (place: string) => destinations[place]?.steps(release).map(({ run }) => run.join(" "));

  test("selects the downloads of this version alone", () => {
    expect(release.files).toEqual(
      ["SHA256SUMS", "kubectl-acr_secret-v0.2.0-linux-amd64.tar.gz", "kubectl-acr_secret-v0.2.0.cdx.json"].map((name) => `dist/${name}`),
    );
  });

  test("publishes a release on GitHub after it has every file", () => {
    expect(commands("github")).toEqual([
      "gh release create v0.2.0 --draft --verify-tag --title v0.2.0 --notes-file dist/notes.md",
      ...release.files.map((file) => `gh release upload v0.2.0 ${file}`),
      "gh release edit v0.2.0 --draft=false",
    ]);
  });

  test("pushes the image by its version, then tags it as the latest", () => {
    expect(commands("image")).toEqual([
      "crane auth login ghcr.io --username release --password-stdin",
      "crane push --index dist/kubectl-acr-secret-image-v0.2.0 ghcr.io/o/r:0.2.0",
      "crane tag ghcr.io/o/r:0.2.0 latest",
    ]);
  });
});

import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../../scripts/run.ts";

const pages = globSync(["*.md", "docs/**/*.md", "sandbox/*.md", "krew-manifest/*.md"], { cwd: root });

const textOf = (path: string) => readFileSync(join(root, path), "utf8").replace(/^```[\s\S]*?^```/gm, "");

/** Returns the anchors that GitHub gives to the headings of a page. */
const anchorsOf = (page: string) =>
  [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\- _]/gu, "")
      .replaceAll(" ", "-"),
  );

/** Returns the targets of a page's links that are in the repository. */
const linksOf = (page: string) =>
  [...page.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)/gm)]
    .map(([, inline, reference]) => inline ?? reference ?? "")
    .filter((link) => !/^[a-z]+:/.test(link));

function leadsNowhere(page: string, link: string): boolean {
  const [file = "", anchor] = link.split("#");
  const path = file === "" ? page : normalize(join(dirname(page), file));
  if (!globSync(path, { cwd: root }).length) return true;
  return anchor !== undefined && path.endsWith(".md") && !anchorsOf(textOf(path)).includes(anchor);
}

test.for(pages)("links only to files and headings that exist in %s", (page) => {
  expect(linksOf(textOf(page)).filter((link) => leadsNowhere(page, link))).toEqual([]);
});

test("finds a link to a heading that does not exist", () => {
  expect(["README.md#install", "README.md#nothing", "nothing.md"].map((link) => leadsNowhere("CONTRIBUTING.md", link))).toEqual([
    false,
    true,
    true,
  ]);
});

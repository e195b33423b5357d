import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../../scripts/run.ts";

/** Words that people read: without code blocks, comments, generated parts, the addresses of links and the labels of tests. */
const budget = { page: 2_500, all: 32_700 };

const pages = globSync(["README.md", "docs/*.md"], { cwd: root });

function wordsOf(page: string): number {
  const prose = page
    .replace(/^<!-- (\w+)(?::\w+)? -->\n[\s\S]*?^<!-- \/\1 -->/gm, "")
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/^```[\s\S]*?^```/gm, "")
    .replace(/^\[[^\]]+\]: .*$/gm, "")
    .replace(/\((?:\[[^\]]+\](?:, )?)+\)/g, "")
    .replace(/\]\([^)]*\)/g, "]");
  return prose.split(/\s+/).filter((word) => /\w/.test(word)).length;
}

const words = new Map(pages.map((path) => [path, wordsOf(readFileSync(join(root, path), "utf8"))]));

test(`has at most ${budget.page} words on a page`, () => {
  expect([...words].filter(([, count]) => count > budget.page)).toEqual([]);
});

test(`has at most ${budget.all} words on all pages together`, () => {
  expect([...words.values()].reduce((sum, count) => sum + count)).toBeLessThanOrEqual(budget.all);
});

test("counts no code, comments, generated parts and addresses", () => {
  const page =
    "# One [two][a] (three) ([no], [no])\n\n```sh\nno\n```\n\n<!-- before\nno\n-->\n\n<!-- flags:list -->\n| no |\n<!-- /flags -->\n| [four](no) |\n\n[a]: no\n";

  expect(wordsOf(page)).toBe(4);
});

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { needsNode } from "../../sandbox/page.ts";
import { playPage } from "../support/page.ts";

// The pages are acceptance tests: their sessions run in a real shell with a real cluster. test/node runs the pages that need a node.
const pages = ["README.md", ...readdirSync("docs").map((name) => `docs/${name}`)].filter((page) => {
  if (!page.endsWith(".md")) return false;
  const text = readFileSync(page, "utf8");
  return /^```console$/m.test(text) && !needsNode(text);
});

// Each page has its own namespaces and registry.
test.for(pages)("%s shows what happens", { timeout: 240_000, concurrent: true }, (page) => playPage(page));

test("finds the pages to play", () => {
  expect(pages).toContain("README.md");
});

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { needsNode, playPage } from "../support/page.ts";

// The pages are the acceptance tests: what they show is typed into a real shell against a real cluster.
const pages = ["README.md", ...readdirSync("docs").map((name) => `docs/${name}`)].filter(
  (page) => page.endsWith(".md") && /^```console$/m.test(readFileSync(page, "utf8")) && !needsNode(page),
);

test.for(pages)("%s shows what happens", { timeout: 120_000 }, (page) => playPage(page));

test("there are pages to play", () => {
  expect(pages).toContain("README.md");
});

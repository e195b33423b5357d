import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../../scripts/run.ts";

const pages = globSync(["*.md", "docs/**/*.md", "sandbox/*.md", "krew-manifest/*.md"], { cwd: root });

test.for(pages)("%s names only files that exist", (page) => {
  const text = readFileSync(join(root, page), "utf8");
  const paths = [...text.matchAll(/`((?:cmd|src|test|scripts|sandbox|docs)\/[\w./-]+)`/g)].flatMap(([, path = ""]) => path);

  expect(paths.filter((path) => !path.includes("NAME") && !existsSync(join(root, path)))).toEqual([]);
});

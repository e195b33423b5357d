import { expect, test } from "vitest";
import { mayStartEarly } from "../../../cmd/head-start.ts";
import { opened } from "../../../cmd/verb.ts";
import { verbs } from "../../../cmd/verbs.ts";
import { pages } from "../../../scripts/docs/pages.ts";
import { withTables } from "../../../scripts/docs/tables.ts";

// `npm run docs` generates the parts of the pages that show the code.
const all = await pages();

test.for(all)("matches $path with the code", ({ now, wanted }) => {
  expect(now).toBe(wanted);
});

test("has a row in README.md for every verb, and its flags in a page", async () => {
  const read = (path: string) => all.find((page) => page.path === path)?.now ?? "";
  for (const { name, flags } of await Promise.all(verbs.map(opened))) {
    expect(read("README.md")).toContain(`\`${name}\``);
    if (Object.keys(flags).length > 0) expect(read(`docs/${name}.md`)).toContain(`<!-- flags:${name} -->`);
  }
});

test("has a line in docs/rbac.md for every verb that uses a cluster", () => {
  const page = all.find(({ path }) => path === "docs/rbac.md")?.now ?? "";
  const asking = verbs.map(({ name }) => name).filter((name) => mayStartEarly([name]));

  expect(asking).toContain("create");
  expect(asking.filter((name) => !page.includes(`| \`${name} `))).toEqual([]);
});

test("refuses a page that requests the flags of something else", () => {
  expect(() => withTables("<!-- flags:nothing -->\n<!-- /flags -->")).toThrow("nothing, which is no verb");
});

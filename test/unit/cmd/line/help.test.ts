import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { flagLines, groupsOf, verbHelp } from "../../../../cmd/line/help.ts";
import { opened } from "../../../../cmd/verb.ts";
import { verbs } from "../../../../cmd/verbs.ts";

const all = await Promise.all(verbs.map(opened));

/** The headings of all verbs, in the order in which a help shows them. */
const order = [
  "Required",
  "What it can pull",
  "Credential (default: an ACR token)",
  "Which credentials",
  "New password",
  "What it checks",
  "How it checks",
  "What it runs",
  "How it runs",
  "What it deletes",
  "Which Secrets",
  "What it shows",
  "Who gets it",
  "Targets",
  "Pulls",
  "Where",
  "Manifests",
  "Azure sign-in",
  "Flags",
  "Output",
];

describe.for(all)("$name", (verb) => {
  test("orders its flags by their headings", () => {
    const groups = [...groupsOf(verb.flags)];

    expect(order.filter((heading) => groups.some(([group]) => group === heading))).toEqual(groups.map(([group]) => group));
    expect(groups.flatMap(([, rows]) => rows.map(([name]) => name))).toEqual(
      Object.keys(verb.flags).filter((name) => !verb.flags[name]?.hidden),
    );
  });

  test("names a page that exists", () => {
    const [, page = ""] = /\nMore: \S+\/blob\/main\/(\S+)\n/.exec(verbHelp(verb, 80)) ?? [];

    expect(existsSync(page)).toBe(true);
  });

  test("mentions no flag that it doesn't have", () => {
    const mentioned = verbHelp(verb, 80).matchAll(/(?<![\w-])--([a-z-]+)/g);

    expect(verb.flags).toMatchObject(Object.fromEntries([...mentioned].map(([, name = ""]) => [name, expect.anything()])));
  });

  test.for([72, 80, 120, 200])("fits its flags into %i columns", (columns) => {
    const lines = flagLines(verb.flags, columns).split("\n");

    expect(lines.filter((line) => line.length > Math.min(columns, 120))).toEqual([]);
  });
});

test("starts the flags of create with --registry", () => {
  const create = all.find(({ name }) => name === "create");

  expect(Object.keys(create?.flags ?? {})[0]).toBe("registry");
});

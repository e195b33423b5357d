import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { flagLines, groupsOf, listedFlags, verbHelp } from "../../../../cmd/line/help.ts";
import { opened } from "../../../../cmd/verb.ts";
import { verbs } from "../../../../cmd/verbs.ts";

const all = await Promise.all(verbs.map(opened));
const options = all.find(({ name }) => name === "options");

function helpOf(name: string, columns: number): string {
  const verb = all.find((each) => each.name === name);
  return verb ? verbHelp(verb, columns) : "";
}

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
  "Cluster",
  "Sign-in to the cluster",
  "Connection to the cluster",
  "Logs of kubectl",
  "Other",
  "Azure sign-in",
  "Flags",
  "Output",
  "For scripts",
];

describe.for(all)("$name", (verb) => {
  test("orders its flags by their headings", () => {
    const listed = listedFlags(verb);
    const groups = [...groupsOf(listed)];

    expect(order.filter((heading) => groups.some(([group]) => group === heading))).toEqual(groups.map(([group]) => group));
    expect(groups.flatMap(([, rows]) => rows.map(([name]) => name))).toEqual(Object.keys(listed).filter((name) => !listed[name]?.hidden));
  });

  test("names a page that exists", () => {
    const [, page = ""] = /\nMore: \S+\/blob\/main\/(\S+)\n/.exec(verbHelp(verb, 80)) ?? [];

    expect(existsSync(page)).toBe(true);
  });

  test("mentions no flag that it doesn't have", () => {
    const mentioned = verbHelp(verb, 80).matchAll(/(?<![\w-])--([a-z-]+)/g);

    expect({ ...verb.flags, ...verb.listed }).toMatchObject(
      Object.fromEntries([...mentioned].map(([, name = ""]) => [name, expect.anything()])),
    );
  });

  test.for([72, 80, 120, 200])("fits its flags into %i columns", (columns) => {
    const lines = flagLines(listedFlags(verb), columns).split("\n");

    expect(lines.filter((line) => line.length > Math.min(columns, 120))).toEqual([]);
  });
});

test.for(all)("lists each flag of $name in its help or in options", ({ flags, ...verb }) => {
  const listed = { ...options?.listed, ...listedFlags({ ...verb, flags }) };
  const shown = Object.entries(flags).filter(([, { hidden }]) => !hidden);

  expect(listed).toMatchObject(Object.fromEntries(shown.map(([name, { describe }]) => [name, { describe }])));
});

test.for([
  { name: "create", flags: "of the Azure sign-in, for scripts and of every command" },
  { name: "attach", flags: "for scripts and of every command" },
  { name: "doctor", flags: "of the Azure sign-in and of every command" },
  { name: "version", flags: "of every command" },
])("names options in the help of $name for the flags $flags", ({ name, flags }) => {
  expect(helpOf(name, 120)).toContain(`\nRun "kubectl acr-secret options" to list the flags ${flags}.\n`);
});

test("lists the flags in the help of options", () => {
  expect(helpOf("options", 80)).toMatch(/\n {6}--context NAME.*\n {6}--auth auto.*\n {6}--field-manager NAME/s);
});

test.for([80, 120])("fits the help of each verb on two screens of %i columns", (columns) => {
  const rows = (text: string) =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => Math.max(1, Math.ceil(line.length / columns)));
  const lengths = all.map((verb) => rows(verbHelp(verb, columns)).reduce((sum, each) => sum + each, 0));

  expect(lengths.filter((length) => length > 100)).toEqual([]);
});

test("starts the flags of create with --registry", () => {
  const create = all.find(({ name }) => name === "create");

  expect(Object.keys(create?.flags ?? {})[0]).toBe("registry");
});

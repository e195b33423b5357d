import { expect, test } from "vitest";
import { divide, type Graph, partName } from "../../../../scripts/bundle/parts.ts";

/** Parses lines such as `a: b c, d`: `a` imports `b` and `c`, and imports `d` lazily. */
function graph(lines: readonly string[]): Graph {
  const words = (text = "") => text.split(" ").filter(Boolean);
  const rows = lines.map((line) => {
    const [, file = "", now, late] = /^(\S+):([^,]*),?(.*)$/.exec(line) ?? [];
    return [file, { now: words(now), late: words(late) }] as const;
  });
  return new Map(rows);
}

const start = ["start:, run", "run: errors, create attach list"];

test.for<{ what: string; lines: string[]; owners: Record<string, string> }>([
  {
    what: "to the verb that alone needs it",
    lines: ["create: issue", "attach:", "list:", "issue: names", "names:"],
    owners: { issue: "create", names: "create" },
  },
  { what: "to the part of all commands", lines: ["create: errors", "attach: errors", "list:"], owners: { errors: "run" } },
  { what: "to the part that is loaded first", lines: ["create:", "attach:", "list:", "start: errors, run"], owners: { errors: "start" } },
  {
    what: "to the common part of several verbs",
    lines: ["create: plan", "attach: apply", "list:", "apply: plan", "plan:"],
    owners: { plan: "common", apply: "attach" },
  },
  {
    what: "to a part that the others load anyway",
    lines: ["create: kinds, files", "attach: create", "list:", "kinds:", "files: kinds errors"],
    owners: { create: "create", kinds: "common", files: "files" },
  },
  {
    what: "with a verb that another one needs at once",
    lines: ["create: kinds", "attach: create", "list:", "kinds:"],
    owners: { kinds: "create", create: "create" },
  },
])("assigns a file: $what", ({ lines, owners }) => {
  const parts = divide(graph([...start, "errors:", ...lines]), ["start", "run"]);

  expect(Object.fromEntries(parts.owners)).toMatchObject(owners);
  expect(parts.entries.get("create")).toBe("create");
  expect([...parts.owners.values()].filter((part) => !parts.entries.has(part))).toEqual([]);
});

test("creates a part only for a file that starts one, except for common files", () => {
  const { entries } = divide(graph([...start, "errors:", "create: plan", "attach: plan", "list:", "plan:"]), ["start", "run"]);

  expect([...entries]).toEqual([
    ["start", "start"],
    ["run", "run"],
    ["create", "create"],
    ["attach", "attach"],
    ["list", "list"],
    ["common", undefined],
  ]);
});

test.for([
  ["cmd/attach.ts", "attach"],
  ["cmd/create/export.ts", "create-export"],
  ["src/output/diff.ts", "output-diff"],
  ["@azure/identity", "identity"],
  ["js-yaml", "js-yaml"],
])("turns %s into the part %s", ([from = "", name]) => {
  expect(partName(from)).toBe(name);
});

test("refuses two parts of one name", () => {
  expect(() => divide(graph(["cmd/a.ts:, src/a.ts", "src/a.ts:"]), ["cmd/a.ts"])).toThrow("two parts of the binary would be called a");
});

import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { formatCommand, plugin } from "../../../src/hint.ts";
import { printError } from "../../../src/output/error.ts";
import { printData, printObjects } from "../../../src/output/object.ts";
import { colored } from "../../../src/output/style.ts";
import { table } from "../../../src/output/table.ts";

test("formats a table like kubectl", () => {
  const text = table(
    ["NAME", "AGE"],
    [
      ["a-long-name", "5s"],
      ["b", ""],
    ],
  );

  expect(text).toBe("NAME          AGE\na-long-name   5s\nb             <none>\n");
});

test("escapes control characters in a cell", () => {
  expect(table(["NAME"], [["a\u001b[2Jb\nc"]])).toBe("NAME\na\\x1b[2Jb\\x0ac\n");
});

test("omits headers", () => {
  expect(table(["NAME"], [["a"]], { headers: false })).toBe("a\n");
});

test("widens no column beyond 500 characters", () => {
  const long = "x".repeat(100_000);
  const lines = table(["A", "B"], [[long, "1"], ...Array.from({ length: 200_000 }, () => ["y", "2"])], { headers: false }).split("\n");

  expect([lines[0], lines[1]]).toEqual([`${long}   1`, `${"y".padEnd(503)}2`]);
});

test.for([
  { why: "a terminal", tty: true, env: {}, color: true },
  { why: "a pipe", tty: false, env: {}, color: false },
  { why: "an empty NO_COLOR", tty: true, env: { NO_COLOR: "" }, color: false },
  { why: "NO_COLOR and FORCE_COLOR", tty: true, env: { NO_COLOR: "1", FORCE_COLOR: "1" }, color: false },
  { why: "FORCE_COLOR on a pipe", tty: false, env: { FORCE_COLOR: "1" }, color: true },
  { why: "FORCE_COLOR=0 on a terminal", tty: true, env: { FORCE_COLOR: "0" }, color: false },
  { why: "a dumb terminal", tty: true, env: { TERM: "dumb" }, color: false },
])("uses color for $why: $color", ({ tty, env, color }) => {
  expect(colored({ write: () => {}, isTTY: tty, columns: 80 }, env)).toBe(color);
});

test.for([
  { error: new CliError("usage", "unknown flag: --x", { hint: "look" }), shows: "error: unknown flag: --x\nhint: look\n" },
  {
    error: new CliError("usage", "no target is named", {
      hint: { ...plugin("attach", "--serviceaccount", "default"), or: "--all-serviceaccounts" },
    }),
    shows: "error: no target is named\nhint: kubectl acr-secret attach --serviceaccount default\nhint: or --all-serviceaccounts\n",
  },
  { error: new CliError("forbidden", "Error from server (Forbidden): no"), shows: "Error from server (Forbidden): no\n" },
  { error: new CliError("invalid", 'The Secret "x" is invalid: y'), shows: 'The Secret "x" is invalid: y\n' },
  {
    error: new TypeError("password hunter2 is undefined"),
    shows: /^error: internal error \(TypeError\)\nhint: .*\n$/,
  },
])("prints the error: $error.message", ({ error, shows }) => {
  const printed: string[] = [];
  printError({ stderr: { write: (text) => printed.push(text), isTTY: false, columns: 0 }, env: {}, formatCommand }, error);
  const text = printed.join("");

  expect(text).toMatch(typeof shows === "string" ? new RegExp(`^${shows.replace(/[()]/g, "\\$&")}$`) : shows);
  expect(text).not.toContain("hunter2");
});

test.for([
  ['Error from server (NotFound): secrets "a" not found', '\u001b[31mError from server (NotFound):\u001b[39m secrets "a" not found\n'],
  ["Unable to connect to the server: EOF", "\u001b[31mUnable to connect to the server:\u001b[39m EOF\n"],
  ["no: Error from server (x): y", "\u001b[31merror:\u001b[39m no: Error from server (x): y\n"],
] as const)("colors the start of an error red: %s", ([message, shows]) => {
  const printed: string[] = [];
  printError(
    { stderr: { write: (text) => printed.push(text), isTTY: true, columns: 80 }, env: {}, formatCommand },
    new CliError("invalid", message),
  );

  expect(printed.join("")).toBe(shows);
});

test("quotes YAML like kubectl", async () => {
  const text = await printData({ b: [{ x: "y" }], a: "2026-01-01T00:00:00Z", n: "123", y: "yes", e: "" }, "yaml");

  expect(text).toBe('a: "2026-01-01T00:00:00Z"\nb:\n- x: "y"\ne: ""\n"n": "123"\n"y": "yes"\n');
});

// kubectl reads each of these as a number without quotes
test.for(["08_15", "2024_09e1", "1e0_1", "0o7_1", "-_1", "+1_0.5", "_1", "0X17F", "0B11", "-0O7", "0b-1", "1_000"])(
  "quotes the text %s in YAML",
  async (number) => {
    expect(await printData({ a: number, [number]: [number] }, "yaml")).toContain(`a: "${number}"\n`);
    expect(await printData({ [number]: [number] }, "yaml")).toBe(`"${number}":\n- "${number}"\n`);
  },
);

test.for(["1.2.3", "a_1", "1_a", "3-4_5", "00000000-0000-0000-0000-000000000000"])(
  "prints the text %s in YAML without quotes",
  async (text) => {
    expect(await printData({ a: text }, "yaml")).toBe(`a: ${text}\n`);
  },
);

test("prints several objects as one List without managedFields", async () => {
  const object = { kind: "Secret", metadata: { name: "a", managedFields: [] } };
  const list = JSON.parse(await printObjects([object, object], "json"));

  expect(list).toMatchObject({ kind: "List", apiVersion: "v1", items: [{ metadata: { name: "a" } }, {}] });
  expect(list.items[0].metadata).not.toHaveProperty("managedFields");
});

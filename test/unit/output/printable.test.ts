import { load } from "js-yaml";
import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { plugin } from "../../../src/hint.ts";
import { printError, printWarning } from "../../../src/output/error.ts";
import { imageCheck } from "../../../src/output/items.ts";
import { jsonLine, printData } from "../../../src/output/object.ts";
import { outcomeData } from "../../../src/output/outcome-data.ts";
import { printable, printableFlow, printableJson, printableMessage } from "../../../src/output/printable.ts";
import { openPrinter } from "../../../src/output/printer.ts";
import { styleFor } from "../../../src/output/style.ts";
import { verdictReasons, verdictTable } from "../../../src/output/verdicts.ts";
import { verdictOf } from "../../support/verdict.ts";

test.for([
  { what: "an escape sequence", text: "a\u001b[2Jb", part: "a\\x1b[2Jb" },
  { what: "a carriage return", text: "a\rb", part: "a\\x0db" },
  { what: "NUL", text: "\u0000", part: "\\x00" },
  { what: "DEL", text: "a\u007f", part: "a\\x7f" },
  { what: "the first C1 control", text: "\u0080", part: "\\x80" },
  { what: "a one-character CSI", text: "\u009b31m", part: "\\x9b31m" },
  { what: "the last C1 control", text: "\u009f", part: "\\x9f" },
  { what: "directional marks", text: "\u200e\u200f\u061c", part: "\\u200e\\u200f\\u061c" },
  { what: "embeddings and overrides", text: "\u202a\u202b\u202c\u202d\u202e", part: "\\u202a\\u202b\\u202c\\u202d\\u202e" },
  { what: "isolates", text: "\u2066\u2067\u2068\u2069", part: "\\u2066\\u2067\\u2068\\u2069" },
  { what: "line separators", text: "a\u2028b\u2029c", part: "a\\u2028b\\u2029c" },
  { what: "a byte order mark", text: "\ufeffa", part: "\\ufeffa" },
  { what: "no letters of any script, emoji and backslashes", text: "ä \u00a0 שלום 日本 👋 \\n", part: "ä \u00a0 שלום 日本 👋 \\n" },
])("escapes $what: $part", ({ text, part }) => {
  expect(printable(text)).toBe(part);
  expect(printableMessage(text)).toBe(part);
  expect(JSON.parse(printableJson(JSON.stringify(text)))).toBe(text);
  expect(printable(printableJson(JSON.stringify(text)))).toBe(printableJson(JSON.stringify(text)));
});

test("escapes line feeds and tabs in a part of a line", () => {
  expect(printable("a\n\tb")).toBe("a\\x0a\\x09b");
});

test.for([
  { what: "kubectl's list of causes", text: 'The X "a" is invalid: \n* b\n* c', shows: 'The X "a" is invalid: \n* b\n* c' },
  { what: "a line that looks like a hint", text: "no\nhint: type this", shows: "no\\x0ahint: type this" },
  { what: "a line that looks like a command", text: "no\r\n  kubectl delete pod a", shows: "no\\x0a  kubectl delete pod a" },
])("keeps a message on one line: $what", ({ text, shows }) => {
  expect(printableMessage(text)).toBe(shows);
});

test.for([
  { what: "a prompt without a line end", text: "Password: ", shows: "Password: " },
  { what: "its lines", text: "sign in:\r\n\tABC\nhere", shows: "sign in:\n\tABC\nhere" },
  { what: "escaped sequences", text: "\u001b]0;x\u0007\u001b[31mno\u001b[m\u202e", shows: "\\x1b]0;x\\x07\\x1b[31mno\\x1b[m\\u202e" },
])("prints the output of another program with $what", ({ text, shows }) => {
  expect(printableFlow(text)).toBe(shows);
});

const evil = "a\u001b[1A\u202eb\u009b";
const seen = "a\\x1b[1A\\u202eb\\x9b";
const to = { kind: "secret", namespace: "demo", name: evil } as const;

/** Returns a stream that keeps its text. */
function sinkOf(isTTY = false) {
  const texts: string[] = [];
  return { write: (text: string) => void texts.push(text), isTTY, columns: 80, text: () => texts.join("") };
}

test("escapes errors, hints, places and warnings, but not the plugin's colors", () => {
  const stderr = sinkOf(true);
  printError({ stderr, env: {}, formatCommand: () => evil }, new CliError("invalid", evil, { hint: plugin("list") }), `${evil}: `);
  printWarning(stderr, {}, evil);

  expect(stderr.text()).toBe(
    `${seen}: \u001b[31merror:\u001b[39m ${seen}\n\u001b[2mhint:\u001b[22m ${seen}\n\u001b[1m\u001b[33mWarning:\u001b[39m\u001b[22m ${seen}\n`,
  );
});

test.for(["name", undefined] as const)("escapes the lines of a result: %s", async (form) => {
  const stdout = sinkOf();
  const options = {
    stdout,
    stderr: sinkOf(),
    env: {},
    dryRun: "none",
    where: "one",
    managedFields: false,
    formatCommand: () => "",
  } as const;
  await openPrinter(form, options).print({ to, result: "unchanged" });

  expect(stdout.text()).toBe(`secret/${seen}${form === "name" ? "" : " unchanged"}\n`);
});

test("escapes a verdict, its reason, its notes and its fix, and keeps each on one line", () => {
  const verdict = verdictOf({
    image: evil,
    pods: [`${evil}\n`],
    message: evil,
    notes: [`${evil}\n`],
    fix: plugin("list"),
  });

  const items = [imageCheck(verdict, () => evil)];

  expect(verdictTable(items, { headers: false, where: "one", style: styleFor(sinkOf(), {}) }) + verdictReasons(items)).toBe(
    `${seen}   <none>   <none>   1   missing credential\n\n${seen} (${seen}\\x0a)\ncause: ${seen}\nnote: ${seen}\\x0a\n  ${seen}\n`,
  );
});

test.for([
  { what: "directional marks", text: "a\u202eb", yaml: '"a\\u202eb"' },
  { what: "an escape sequence", text: "\u001b[2J", yaml: '"\\u001b[2J"' },
  { what: "several lines", text: "a\n\u009b: b", yaml: '"a\\n\\u009b: b"' },
  { what: "a word that looks like a placeholder", text: "held1z", yaml: "held1z" },
])("escapes YAML like JSON: $what", async ({ text, yaml }) => {
  const data = { list: [text, "\u202e"], [`${text}\u200e`]: "x" };

  const whole = await printData(data, "yaml");

  expect(load(whole)).toEqual(data);
  expect(whole).toContain(`- ${yaml}\n`);
  expect(printable(whole.replaceAll("\n", " "))).toBe(whole.replaceAll("\n", " "));
});

test("escapes control characters in JSON", async () => {
  const data = outcomeData({ to, result: "unchanged", because: evil }, { dryRun: "none", formatCommand: () => "" });
  const line = jsonLine(data ?? {});
  const whole = await printData({ evil }, "json");

  expect(JSON.parse(line)).toMatchObject({ object: `secret/${evil}`, because: evil });
  expect(JSON.parse(whole)).toEqual({ evil });
  expect(whole).toBe('{\n    "evil": "a\\u001b[1A\\u202eb\\u009b"\n}\n');
  expect(line).toContain('"because":"a\\u001b[1A\\u202eb\\u009b"');
});

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { verbs } from "../../../cmd/verbs.ts";
import { type Row, screenOf } from "../../../sandbox/screen.ts";
import { CliError } from "../../../src/errors.ts";
import { type Command, formatCommand, shell } from "../../../src/hint.ts";
import { printError, printHint, printWarning } from "../../../src/output/error.ts";
import { imageCheck } from "../../../src/output/items.ts";
import { verdictReasons } from "../../../src/output/verdicts.ts";
import { mixedLines } from "../../support/mixed-lines.ts";
import { printedCommands } from "../../support/printed-commands.ts";
import { played } from "../../support/scenes.ts";
import { verdictOf } from "../../support/verdict.ts";

const widths = [40, 80, 120];

/** Returns the text that a user copies from a terminal: wrapped rows are one line. */
function copied(rows: readonly Row[], columns: number): string[] {
  const whole: string[] = [];
  for (const [index, { text, goesOn }] of rows.entries()) {
    const row = rows[index + 1]?.goesOn ? text.padEnd(columns) : text;
    if (goesOn) whole.push(`${whole.pop()}${row}`);
    else whole.push(row);
  }
  return whole;
}

const logicalLines = async (print: string, columns: number) => copied(await screenOf(print, columns), columns);

test.for(widths)("prints a command of a hint, an error, a warning and a check as one line on %d columns", async (columns) => {
  for (const { command: fix, given, line } of printedCommands) {
    let print = "";
    const stderr = { write: (text: string) => (print += text), isTTY: true, columns };
    const sink = { stderr, env: { NO_COLOR: "1" }, formatCommand: (one: Command) => formatCommand(one, given) };
    const verdict = verdictOf({
      secret: "acr",
      message: "no",
      fix,
    });

    printHint(sink, fix);
    printError(sink, new CliError("conflict", "a secret exists", { hint: fix }));
    printWarning(stderr, sink.env, "a secret exists", sink.formatCommand(fix));
    stderr.write(verdictReasons([imageCheck(verdict, sink.formatCommand)]));

    const shown = await logicalLines(print, columns);
    expect(shown.filter((text) => text === `hint: ${line}`)).toHaveLength(2);
    expect(shown.filter((text) => text === `  ${line}`)).toHaveLength(2);
  }
});

test("prints a command below the words that say when to run it", () => {
  let print = "";
  const stderr = { write: (text: string) => (print += text), isTTY: false, columns: 0 };
  const hint = { ...shell("az login", "--tenant", "TENANT"), when: "ask for the role Reader, or sign in to its tenant" };

  printError({ stderr, env: {}, formatCommand }, new CliError("notFound", "registry not found", { hint }));

  expect(print).toBe("error: registry not found\nhint: ask for the role Reader, or sign in to its tenant:\n  az login --tenant TENANT\n");
});

/** Returns the texts in the sources of the plugin, except comments and kubectl's own help. */
async function texts(): Promise<string[]> {
  const folder = join(import.meta.dirname, "../../..");
  const names = await Promise.all(
    ["src", "cmd"].map(async (top) => (await readdir(join(folder, top), { recursive: true })).map((name) => join(top, name))),
  );
  const sources = await Promise.all(
    names
      .flat()
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readFile(join(folder, name), "utf8")),
  );
  return sources
    .flatMap((source) => source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "").match(/"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g) ?? [])
    .map((text) => text.slice(1, -1).replaceAll("\\n", "\n"));
}

test("keeps words and commands apart in every text of the sources", async () => {
  const all = await texts();

  expect(all.filter((text) => text.startsWith("kubectl acr-secret ")).length).toBeGreaterThan(20);
  expect(all.flatMap(mixedLines)).toEqual([]);
});

test.for([
  "hint: az login --tenant TENANT, or: az acr list --output table",
  "Warning: it is not removed; by hand: az acr token delete --registry r --name t",
  "hint: did you mean an image? kubectl acr-secret check --image r.azurecr.io/a:1",
  "error: URLs are not supported: curl -fsSL https://example.com/a | kubectl apply -f -",
])("finds the words at a command in: %s", (line) => {
  expect(mixedLines(`${line}\n`)).toEqual([line]);
});

/** Text that a user can paste: a line that starts with a program, below a hint, in an example or after `Usage:`. */
const command = /^(?:hint: | +)(?:printf|kubectl [a-z]|az|curl|helm|\(umask).*$/gm;

test.for(["help", ...verbs.map(({ name }) => name)])("prints each command of %s as one line on every width", async (name) => {
  const printed = stripVTControlCharacters(await played(name, 0)).match(command) ?? [];

  expect(printed.length).toBeGreaterThan(0);
  for (const columns of widths) {
    const shown = await logicalLines(await played(name, columns, { NO_COLOR: "1" }), columns);
    expect(printed.filter((line) => !shown.includes(line.trimEnd()))).toEqual([]);
  }
});

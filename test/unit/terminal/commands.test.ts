import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { spell } from "../../../cmd/line/spell.ts";
import { verbs } from "../../../cmd/verbs.ts";
import { type Row, screenOf } from "../../../sandbox/screen.ts";
import type { Verdict } from "../../../src/check/verdict.ts";
import { CliError } from "../../../src/errors.ts";
import { printError, printHint, printWarning } from "../../../src/output/error.ts";
import { styleFor } from "../../../src/output/style.ts";
import { verdictText } from "../../../src/output/verdicts.ts";
import { lines } from "../../support/printed-fixes.ts";
import { played } from "../../support/scenes.ts";

const widths = [40, 80, 120];

/** The text that a terminal copies: rows that it wrapped are one line. */
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
  for (const { fix, given, line } of lines) {
    let print = "";
    const stderr = { write: (text: string) => (print += text), isTTY: true, columns };
    const sink = { stderr, env: { NO_COLOR: "1" }, spell: (one: typeof fix) => spell(one, given) };
    const verdict: Verdict = {
      image: "r.azurecr.io/a:1",
      namespace: "demo",
      secret: "acr",
      pods: [],
      cause: "no-login",
      message: "no",
      fix,
    };

    printHint(sink, fix);
    printError(sink, new CliError("conflict", "a secret exists", { hint: fix }));
    printWarning(stderr, sink.env, "a secret exists", sink.spell(fix));
    stderr.write(verdictText([verdict], { headers: true, where: "one", style: styleFor(stderr, sink.env), spell: sink.spell }));

    const shown = await logicalLines(print, columns);
    expect(shown.filter((text) => text === `hint: ${line}`)).toHaveLength(2);
    expect(shown.filter((text) => text === `  ${line}`)).toHaveLength(2);
  }
});

/** What can be pasted: a line that begins with a program, below a hint, in an example or after `Usage:`. */
const command = /^(?:hint: | +)(?:printf|kubectl [a-z]|az|helm|\(umask).*$/gm;

test.for(["help", ...verbs.map(({ name }) => name)])("prints each command of %s as one line on every width", async (name) => {
  const printed = stripVTControlCharacters(await played(name, 0)).match(command) ?? [];

  expect(printed.length).toBeGreaterThan(0);
  for (const columns of widths) {
    const shown = await logicalLines(await played(name, columns, { NO_COLOR: "1" }), columns);
    expect(printed.filter((line) => !shown.includes(line.trimEnd()))).toEqual([]);
  }
});

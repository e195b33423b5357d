import { type Command, inPlace } from "../hint.ts";
import { nameOf } from "../kinds.ts";
import { isFailed, type Outcome } from "../outcome.ts";
import { diffOf } from "./diff.ts";
import { printError, printWarning } from "./error.ts";
import type { PrinterOptions, Writer } from "./format.ts";
import { type FormatName, openFormat } from "./formats.ts";
import { warningsOf } from "./outcome-data.ts";
import { printable } from "./printable.ts";
import { styleFor } from "./style.ts";
import { drySuffix, grantSuffix, placePrefix, placeSuffix } from "./words.ts";

/** The value of `-o`, or `--diff`; undefined: lines for people. */
export type Form = Exclude<FormatName, "wide"> | "diff" | undefined;

/** Returns the writer of a form. @throws Error for a format that prints no outcomes */
async function openWriter(form: Form, options: PrinterOptions): Promise<Writer> {
  if (form === undefined) return { each: (outcome) => (isFailed(outcome) ? "" : lineOf(outcome, options)) };
  if (form === "diff") return { each: (outcome) => (isFailed(outcome) ? "" : differenceOf(outcome, options)) };
  const { outcomes } = await openFormat(form);
  if (!outcomes) throw new Error(`-o ${form} prints no outcomes`);
  return outcomes(options);
}

export type Printer = ReturnType<typeof openPrinter>;

/** Prints outcomes on stdout in a form, and errors and warnings on stderr, except for `jsonl`, which contains them. */
export function openPrinter(form: Form, options: PrinterOptions) {
  const { stdout } = options;
  const writer = openWriter(form, options);
  let differs = false;
  return {
    print: async (outcome: Outcome) => {
      const text = await (await writer).each(outcome);
      if (text !== "") stdout.write(text);
      differs ||= form === "diff" && text !== "";
      if (form !== "jsonl") printMessages(outcome, options);
    },
    /** Prints the text for the end. */
    end: async () => {
      const text = (await (await writer).end?.()) ?? "";
      if (text !== "") stdout.write(text);
    },
    /** Whether a printer of `diff` has printed a difference. */
    get differs() {
      return differs;
    },
  };
}

function lineOf(outcome: Outcome, { where, dryRun, home }: PrinterOptions): string {
  const { to, result } = outcome;
  if (result === undefined) return "";
  return `${printable(`${nameOf(to)} ${result}${grantSuffix(outcome)}${placeSuffix(to, where, home)}${drySuffix[dryRun]}`)}\n`;
}

/** Returns the lines of a difference. An object that can't be compared gets the line of `lines`. */
async function differenceOf(outcome: Outcome, options: PrinterOptions): Promise<string> {
  const { to, result } = outcome;
  const diff = await diffOf(outcome, `${nameOf(to)}${placeSuffix(to, options.where, options.home)}`, styleFor(options.stdout, options.env));
  const line = result === "unchanged" || diff ? "" : lineOf(outcome, options);
  return line + (diff ?? []).map((each) => `${each}\n`).join("");
}

/** Prints an outcome's error and warnings on stderr. */
function printMessages(outcome: Outcome, options: PrinterOptions): void {
  const { stderr, env, where, home } = options;
  const { to, notice } = outcome;
  const place = placePrefix(to, where);
  const formatCommand = (fix: Command) => options.formatCommand(inPlace(fix, to));
  if (outcome.error) printError({ stderr, env, formatCommand }, outcome.error, placePrefix(to, where, home));
  // At a terminal, a user can still press Ctrl-C
  if (notice !== undefined && stderr.isTTY) stderr.write(`${printable(notice + placeSuffix(to, where))}\n`);
  const { texts, command, isInfo } = warningsOf(outcome, formatCommand);
  for (const text of texts) {
    if (isInfo) stderr.write(`${printable(`${place}${text}`)}\n`);
    else printWarning(stderr, env, `${place}${text}`, command);
  }
}

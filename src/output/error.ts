import type { Environment, Sink } from "../env.ts";
import { CliError } from "../errors.ts";
import { type Fix, otherWay } from "../fix.ts";
import { printable, printableMessage } from "./printable.ts";
import { styleFor } from "./style.ts";

/** Messages that kubectl prints without `error: ` in front. */
const whole = /^(error: |Error from server|Error in configuration|The |Unable to connect)/;

/** The start of a message that is printed in red. */
const head = /^(?:error|Error from server[^:\n]*|Error in configuration|Unable to connect[^:\n]*):/;

/** The stream for errors, and the function that formats a hint as a command. */
type ErrorSink = { readonly stderr: Sink; readonly env: Environment; formatCommand(fix: Fix): string };

/**
 * Prints an error like kubectl, and below it the next step. @param place the namespace of the error, `prod/team-a: `; empty for a single
 * place
 */
export function printError({ stderr, env, formatCommand }: ErrorSink, error: unknown, place = ""): void {
  const style = styleFor(stderr, env);
  const { message, hint }: Pick<CliError, "message" | "hint"> = error instanceof CliError ? error : internalError(error);
  const says = printableMessage(message);
  const shown = whole.test(message) ? says.replace(head, (words) => style.red(words)) : `${style.red("error:")} ${says}`;
  stderr.write(`${printable(place)}${shown}\n`);
  if (hint) printHint({ stderr, env, formatCommand }, hint);
}

/** A hint: text, text with lines of a configuration, or a command. */
export type Next = string | readonly string[] | Fix;

const isFix = (next: Next): next is Fix => typeof next === "object" && !Array.isArray(next);

/** Prints a hint. A command has its own line, so that users can paste it. */
export function printHint({ stderr, env, formatCommand }: ErrorSink, next: Next): void {
  if (isFix(next) && next.do === "hints") {
    for (const hint of next.hints) printHint({ stderr, env, formatCommand }, hint);
    return;
  }
  const style = styleFor(stderr, env);
  const lines = typeof next === "string" ? [next] : isFix(next) ? linesOf(next, formatCommand) : next;
  stderr.write(`${style.dim("hint:")} ${lines.map(printableMessage).join("\n  ")}\n`);
  const or = isFix(next) ? otherWay(next) : undefined;
  if (or !== undefined) stderr.write(`${style.dim("hint:")} or ${printableMessage(or)}\n`);
}

function linesOf(fix: Fix, formatCommand: (fix: Fix) => string): string[] {
  return "when" in fix && fix.when !== undefined ? [`${fix.when}:`, formatCommand(fix)] : [formatCommand(fix)];
}

/** Describes an unexpected exception by its class only, because its message may contain a secret. */
function internalError(error: unknown): { message: string; hint: string } {
  const name = error instanceof Error ? error.name : typeof error;
  return { message: `internal error (${name})`, hint: "run the command again with -v=4 and report the output" };
}

/** Prints a warning in kubectl's form, and below it the command that fixes it. */
export function printWarning(stderr: Sink, env: Environment, text: string, command?: string): void {
  const below = command === undefined ? "" : `:\n  ${printable(command)}`;
  stderr.write(`${styleFor(stderr, env).bold.yellow("Warning:")} ${printableMessage(text)}${below}\n`);
}

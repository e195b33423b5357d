import type { Environment, Sink } from "../env.ts";
import { CliError } from "../errors.ts";
import type { Command, Hint } from "../hint.ts";
import { printable, printableMessage } from "./printable.ts";
import { styleFor } from "./style.ts";

/** Messages that kubectl prints without `error: ` in front. */
const whole = /^(error: |Error from server|Error in configuration|The |Unable to connect)/;

/** The start of a message that is printed in red. */
const head = /^(?:error|Error from server[^:\n]*|Error in configuration|Unable to connect[^:\n]*):/;

/** The stream for errors, and the function that formats a hint as a command. */
type ErrorSink = { readonly stderr: Sink; readonly env: Environment; formatCommand(fix: Command): string };

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

/** A hint, or lines of a configuration. */
export type Next = Hint | readonly string[];

/** Prints a hint. A command has its own line, so that users can paste it. */
export function printHint({ stderr, env, formatCommand }: ErrorSink, next: Next): void {
  const mark = styleFor(stderr, env).dim("hint:");
  const lines = typeof next === "object" && "program" in next ? linesOf(next, formatCommand) : [next].flat();
  stderr.write(`${mark} ${lines.map(printableMessage).join("\n  ")}\n`);
  if (typeof next === "object" && "program" in next && next.or !== undefined) stderr.write(`${mark} or ${printableMessage(next.or)}\n`);
}

/** Returns the lines of a command: when to run it, and the command itself, which users can paste. */
export const linesOf = (command: Command, formatCommand: (command: Command) => string): string[] => [
  ...(command.when === undefined ? [] : [`${command.when}:`]),
  formatCommand(command),
];

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

import yargs from "yargs";
import { CliError } from "../../src/errors.ts";
import { spellOut } from "./argv.ts";
import type { Flag, Flags } from "./flags.ts";

/** A command line taken apart: every flag of `flags` has its value or its default. */
export type Parsed = {
  readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly args: readonly string[];
};

/**
 * Reads a command line as pflag does: strict, the last of a repeated scalar counts, `--flag=value` and `--flag value`.
 *
 * @throws CliError usage, in pflag's words
 */
export function parse(argv: readonly string[], flags: Flags): Parsed {
  const read = yargs(spellOut(argv, flags))
    .options(
      Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, { type: flag.type === "boolean" ? "boolean" : "string" }])),
    )
    .parserConfiguration({
      "dot-notation": false,
      "boolean-negation": false,
      "camel-case-expansion": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "greedy-arrays": false,
      "populate--": true,
      "unknown-options-as-args": true,
    })
    .detectLocale(false)
    .help(false)
    .version(false)
    .exitProcess(false)
    .parseSync();
  const positional = read._.map(String);
  const stray = Object.keys(read).find((name) => !(name in flags) && !["_", "$0", "--"].includes(name));
  const unknown = positional.find((word) => /^--?[^-]/.test(word)) ?? (stray && `--${stray}`);
  if (unknown) throw new CliError("usage", `unknown flag: ${unknown.split("=")[0]}`);
  const values = Object.entries(flags).map(([name, flag]) => [name, readValue(name, flag, read[name])] as const);
  return { flags: Object.fromEntries(values), args: [...positional, ...((read["--"] as string[] | undefined) ?? [])] };
}

function readValue(name: string, flag: Flag, read: unknown): string | boolean | readonly string[] | undefined {
  const given = (Array.isArray(read) ? read : read === undefined ? [] : [read]) as (string | boolean)[];
  if (flag.type === "boolean") return (given.at(-1) as boolean | undefined) ?? flag.default ?? false;
  const texts = given.map((text) => (text === "" ? (flag.bare ?? needsArgument(name)) : String(text)));
  const last = texts.at(-1);
  if (last !== undefined && flag.choices && !flag.choices.includes(last)) throw invalid(name, flag.choices, last);
  return flag.type === "strings" ? texts : (last ?? flag.default);
}

function needsArgument(name: string): never {
  throw new CliError("usage", `flag needs an argument: --${name}`);
}

function invalid(name: string, choices: readonly string[], value: string): CliError {
  if (name === "dry-run") return new CliError("usage", `Invalid dry-run value (${value}). Must be "none", "server", or "client".`);
  if (name === "output") {
    const formats = choices.join(",");
    return new CliError("usage", `unable to match a printer suitable for the output format "${value}", allowed formats are: ${formats}`);
  }
  return new CliError("usage", `invalid argument "${value}" for "--${name}" flag: must be one of ${choices.join(", ")}`);
}

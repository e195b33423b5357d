import { Parser } from "yargs/helpers";
import { usage } from "../../src/errors.ts";
import { type Flag, type Flags, isList } from "./flags.ts";
import { flagHint } from "./nearest.ts";

/** A parsed command line. Every flag of `flags` has its value or its default. */
export type Parsed = {
  readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly args: readonly string[];
};

/**
 * Reads a command line like kubectl: strictly, with the last value of a repeated scalar, and each flag according to its row.
 * @throws CliError usage, in pflag's words
 */
export function parse(argv: readonly string[], flags: Flags): Parsed {
  const { _: args, ...given } = Parser(yargsWords(argv, flags), yargsOptions(flags));
  const read = Object.entries(flags).map(([name, flag]) => ({ name, flag, value: readValue(name, flag, given[name]) }));
  refuseTogether(read);
  const implied: Readonly<Record<string, string>> = Object.assign({}, ...read.map(({ flag, value }) => value === true && flag.implies));
  const settled = ({ name, flag, value = absentValue(flag) }: (typeof read)[number]) =>
    value === flag.default ? (implied[name] ?? value) : value;
  return { flags: Object.fromEntries(read.map((one) => [one.name, settled(one)])), args: args.map(String) };
}

/** Returns the options with which yargs reads the flags of a table, and changes no value. */
function yargsOptions(flags: Flags) {
  const rows = Object.entries(flags);
  const texts = rows.filter(([, { type }]) => type !== "boolean").map(([name]) => name);
  return {
    boolean: rows.filter(([, { type }]) => type === "boolean").map(([name]) => name),
    // A repeated one becomes an array. An array of yargs takes no value that starts with a dash
    string: texts,
    narg: Object.fromEntries(texts.map((name) => [name, 1])),
    alias: Object.fromEntries(rows.flatMap(([name, { short }]) => (short && short !== name ? [[name, [short]]] : []))),
    configuration: {
      ...{ "boolean-negation": false, "camel-case-expansion": false, "dot-notation": false },
      ...{ "nargs-eats-options": true, "parse-numbers": false, "parse-positional-numbers": false, "strip-aliased": true },
    },
  };
}

type Read = string | boolean | readonly string[] | undefined;

/** Returns the value of a flag that is not given, or that has an empty value which kubectl ignores. */
function absentValue(flag: Flag): Read {
  if (flag.type === "boolean") return flag.default ?? false;
  return isList(flag) ? [] : flag.default;
}

function readValue(name: string, flag: Flag, given: unknown): Read {
  if (given === undefined || typeof given === "boolean") return given;
  const shown = flagNames(name, flag);
  // yargs collects the values of every repeated flag
  const values = [given].flat().map(String);
  if (flag.type === "string") return readText(shown, flag, values.at(-1) ?? "");
  const texts = values.flatMap((value) => (flag.type === "strings" ? splitList(value) : [value]));
  return texts.map((text) => readText(shown, flag, text)).filter((text) => text !== undefined);
}

const flagNames = (name: string, { short }: Flag): string => (short ? `-${short}, --${name}` : `--${name}`);

/** The values of Go's strconv.ParseBool. */
const booleans: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(["1", "t", "T", "TRUE", "true", "True"].map((word) => [word, true])),
  ...Object.fromEntries(["0", "f", "F", "FALSE", "false", "False"].map((word) => [word, false])),
};

/** yargs reads any text except `true` as false. */
function readBoolean(name: string, flag: Flag, text: string): boolean {
  const value = Object.hasOwn(booleans, text) ? booleans[text] : undefined;
  if (value !== undefined) return value;
  throw invalid(flagNames(name, flag), text, `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
}

/** @returns undefined for an empty value that counts as absent */
function readText(shown: string, flag: Flag, text: string): string | undefined {
  if (text === "" && flag.empty === "absent") return undefined;
  if (text === "" && flag.empty === undefined && !flag.choices) throw invalid(shown, text, "must not be empty");
  if (!flag.choices?.includes(text)) {
    const refusal = flag.refuse?.(text) ?? (flag.choices && invalid(shown, text, `must be one of ${flag.choices.join(", ")}`));
    if (refusal) throw refusal;
  }
  return flag.read ? flag.read(text) : text;
}

const invalid = (shown: string, text: string, why: string) => usage(`invalid argument ${JSON.stringify(text)} for "${shown}" flag: ${why}`);

/** Rejects two flags that exclude each other (cobra's MarkFlagsMutuallyExclusive). A flag that is set to false doesn't count. */
function refuseTogether(read: readonly { name: string; flag: Flag; value: Read }[]): void {
  const set = new Set(read.filter(({ value }) => value !== undefined && value !== false).map(({ name }) => name));
  for (const { name, flag } of read) {
    const other = set.has(name) && flag.exclusive?.find((each) => set.has(each));
    if (!other) continue;
    throw usage(
      `${[other, name]
        .sort()
        .map((each) => `--${each}`)
        .join(" and ")} cannot be used together`,
    );
  }
}

/** A comma, then a quoted field in which quotes are doubled, or text up to the next comma. */
const field = /,(?:"((?:[^"]|"")*)"(?=,|$)|([^,]*))/g;

/** Splits a value of a repeatable flag at its commas, like pflag's StringSlice. `"a,b"` in quotes is one element (RFC 4180). */
export const splitList = (text: string): string[] =>
  [...`,${text}`.matchAll(field)].map(([, quoted, plain = ""]) => quoted?.replaceAll('""', '"') ?? plain);

/**
 * Rewrites a command line in pflag's spelling (spf13/pflag flag.go, parseArgs) for yargs. yargs leaves these to us:
 * - `-nfoo` and `-Anfoo`: it reads each letter as a flag.
 * - `--team='a'` and `-n=`: it removes the quotes, and reads an empty value as another flag. A value in a word of its own stays unchanged.
 * - `--dry-run` without a value (`bare`): a flag of yargs always or never has one.
 * - `--verify=F`: it reads only `true` as true, and any other word as false.
 * - Unknown flags and missing values: it accepts them, and its parser is faster than the whole of yargs, which has other words for them.
 * @throws CliError usage, in pflag's words
 */
function yargsWords(argv: readonly string[], flags: Flags): string[] {
  const words: string[] = [];
  for (let at = 0; at < argv.length; ) {
    if (argv[at] === "--") return [...words, ...argv.slice(at)];
    const flag = flagAt(argv, at, flags);
    words.push(...(flag?.words ?? argv.slice(at, at + 1)));
    at += flag?.length ?? 1;
  }
  return words;
}

/**
 * Returns the position of a command line's first argument, or its length if there is none. An unknown flag counts as one without a value.
 */
export function firstArgument(argv: readonly string[], flags: Flags): number {
  for (let at = 0; at < argv.length && argv[at] !== "--"; ) {
    try {
      const flag = flagAt(argv, at, flags);
      if (!flag) return at;
      at += flag.length;
    } catch {
      // The parser reports the problem, with the flags of the verb that is searched for here
      at++;
    }
  }
  return argv.length;
}

/**
 * Returns the words for yargs of the flags at a position, and the number of words that they have there; undefined for an argument. A flag
 * that needs a value takes the next word, even if that starts with a dash. Unlike pflag, a flag with an optional value also takes the next
 * word, if that doesn't start with a dash.
 */
function flagAt(
  argv: readonly string[],
  at: number,
  flags: Flags,
): { readonly words: readonly string[]; readonly length: number } | undefined {
  const [word = "", next] = argv.slice(at, at + 2);
  if (!word.startsWith("-") || word === "-") return undefined;
  const last = lastFlag(word, flags);
  const { before, dashed, flag, value } = last;
  if (flag.type === "boolean") return { words: [...before, booleanWord(last, next)], length: 1 };
  if (value !== undefined) return { words: [...before, dashed, value], length: 1 };
  if (flag.bare !== undefined && (next === undefined || next.startsWith("-"))) return { words: [...before, dashed, flag.bare], length: 1 };
  if (next === undefined) throw usage(`flag needs an argument: ${word.startsWith("--") ? word : `'${word.at(-1)}' in ${word}`}`);
  return { words: [...before, dashed, next], length: 2 };
}

function booleanWord({ dashed, name, flag, value }: FlagWord, next: string | undefined): string {
  if (value !== undefined) return `${dashed}=${readBoolean(name, flag, value)}`;
  // pflag reads it as an argument: `create --verify false` would create a Secret of that name
  if (next === "true" || next === "false") throw usage(`invalid argument "${next}" after ${dashed}: use ${dashed}=${next}`);
  return dashed;
}

/** The last flag of a word, with its value in the word. `before`: the flags without a value before it, in words of their own. */
type FlagWord = {
  readonly before: readonly string[];
  /** `--namespace`, `-n`. */
  readonly dashed: string;
  readonly name: string;
  readonly flag: Flag;
  readonly value: string | undefined;
};

/** @throws CliError usage for an unknown flag */
export function lastFlag(word: string, flags: Flags): FlagWord {
  if (!word.startsWith("--")) return lastLetter(word, 1, flags);
  const [, name = "", value] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  if (name === "" || name.startsWith("-")) throw usage(`bad flag syntax: ${word}`);
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (!flag) throw usage(`unknown flag: --${name}`, flagHint(name, flags));
  return { before: [], dashed: `--${name}`, name, flag, value };
}

/** Reads `-Anfoo` from a letter on: letters of flags without a value, then a flag with the rest as its value. */
function lastLetter(word: string, at: number, flags: Flags): FlagWord {
  const [letter = "", rest] = [word[at], word.slice(at + 1)];
  const [name, flag] = Object.entries(flags).find(([, { short }]) => short === letter) ?? [];
  if (!name || !flag) throw usage(`unknown shorthand flag: '${letter}' in ${word}`);
  const found = { before: [], dashed: `-${letter}`, name, flag };
  if (rest === "") return { ...found, value: undefined };
  if (rest.startsWith("=") || flag.type !== "boolean") return { ...found, value: rest.replace(/^=/, "") };
  const last = lastLetter(word, at + 1, flags);
  return { ...last, before: [found.dashed, ...last.before] };
}

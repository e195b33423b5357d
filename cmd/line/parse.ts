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
  const { given, args } = splitWords(argv, flags);
  const collected = collect(given, flags);
  const read = Object.entries(flags).map(([name, flag]) => {
    const values = collected[name];
    return { name, flag, value: values && readValue(name, flag, values) };
  });
  refuseTogether(read);
  const implied: Readonly<Record<string, string>> = Object.assign({}, ...read.map(({ flag, value }) => value === true && flag.implies));
  const settled = ({ name, flag, value = absentValue(flag) }: (typeof read)[number]) =>
    value === flag.default ? (implied[name] ?? value) : value;
  return { flags: Object.fromEntries(read.map((one) => [one.name, settled(one)])), args };
}

function collect(given: readonly GivenFlag[], flags: Flags): Readonly<Record<string, readonly string[]>> {
  // yargs would remove the quotes of a value, so it gets the position of each value instead of the value
  const places = given.map(({ name }, place) => `--${name}=${place}`);
  const valueAt = (place: string) => {
    const { name = "", value } = given[Number(place)] ?? {};
    return value ?? flags[name]?.bare ?? "true";
  };
  const { _, ...read } = Parser(places, {
    array: given.map(({ name }) => ({ key: name, string: true })),
    configuration: { "dot-notation": false, "boolean-negation": false, "camel-case-expansion": false },
  });
  return Object.fromEntries(Object.entries(read).map(([name, at]: [string, string[]]) => [name, at.map(valueAt)]));
}

type Read = string | boolean | readonly string[] | undefined;

/** Returns the value of a flag that is not given, or that has an empty value which kubectl ignores. */
function absentValue(flag: Flag): Read {
  if (flag.type === "boolean") return flag.default ?? false;
  return isList(flag) ? [] : flag.default;
}

function readValue(name: string, flag: Flag, values: readonly string[]): Read {
  const shown = flag.short ? `-${flag.short}, --${name}` : `--${name}`;
  const last = values.at(-1) ?? "";
  if (flag.type === "boolean") return readBoolean(shown, flag, last);
  if (flag.type === "string") return readText(shown, flag, last);
  const texts = values.flatMap((value) => (flag.type === "strings" ? splitList(value) : [value]));
  return texts.map((text) => readText(shown, flag, text)).filter((text) => text !== undefined);
}

/** The values of Go's strconv.ParseBool. */
const words: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(["1", "t", "T", "TRUE", "true", "True"].map((word) => [word, true])),
  ...Object.fromEntries(["0", "f", "F", "FALSE", "false", "False"].map((word) => [word, false])),
};

function readBoolean(shown: string, { refuse }: Flag, text: string): boolean {
  const value = Object.hasOwn(words, text) ? words[text] : undefined;
  if (value === undefined) throw invalid(shown, text, `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
  const refusal = refuse?.(text);
  if (refusal) throw refusal;
  return value;
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

/** Writes one element so that `splitList` returns it unchanged. */
export const listWord = (element: string): string => (/[,"]/.test(element) ? `"${element.replaceAll('"', '""')}"` : element);

/** One flag as it was given. `value` is undefined if it has none. */
type GivenFlag = { readonly name: string; readonly value: string | undefined };

/**
 * Splits a command line into its flags and its arguments, like pflag (spf13/pflag flag.go, parseArgs): `--flag=value`, `--flag value`, `-nfoo`, `-Av6`. Everything after `--`
 * is an argument. A flag that needs a value takes the next word, even if that starts with a dash. Unlike pflag, a flag with an optional
 * value (`bare`) also takes the next word, if that doesn't start with a dash.
 * @throws CliError usage, in pflag's words
 */
function splitWords(argv: readonly string[], flags: Flags) {
  const given: GivenFlag[] = [];
  const args: string[] = [];
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "--") args.push(...words.splice(0));
    else if (!word.startsWith("-") || word === "-") args.push(word);
    else if (word.startsWith("--")) given.push(longFlag(word, words, flags));
    else given.push(...shortFlags(word, words, flags));
  }
  return { given, args };
}

/**
 * Returns the position of a command line's first argument, or its length if there is none. An unknown flag counts as one without a value.
 */
export function firstArgument(argv: readonly string[], flags: Flags): number {
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "--") return argv.length;
    if (!word.startsWith("-") || word === "-") return argv.length - words.length - 1;
    try {
      if (word.startsWith("--")) longFlag(word, words, flags);
      else shortFlags(word, words, flags);
    } catch {
      // The parser reports the problem, with the flags of the verb that is searched for here
    }
  }
  return argv.length;
}

function longFlag(word: string, words: string[], flags: Flags): GivenFlag {
  const [, name = "", value] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  if (name === "" || name.startsWith("-")) throw usage(`bad flag syntax: ${word}`);
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (!flag) throw usage(`unknown flag: --${name}`, flagHint(name, flags));
  return { name, value: value ?? nextValue(flag, words, { dashed: word, quoted: word }) };
}

/** Splits `-Anfoo` from a letter on: letters of flags without a value, then a flag that takes the rest as its value. */
function shortFlags(word: string, words: string[], flags: Flags, at = 1): GivenFlag[] {
  const letter = word[at] ?? "";
  const [name, flag] = Object.entries(flags).find(([, { short }]) => short === letter) ?? [];
  if (!name || !flag) throw usage(`unknown shorthand flag: '${letter}' in ${word}`);
  const rest = word.slice(at + 1);
  if (rest === "") return [{ name, value: nextValue(flag, words, { dashed: `-${letter}`, quoted: `'${letter}' in ${word}` }) }];
  if (rest.startsWith("=") || flag.type !== "boolean") return [{ name, value: rest.replace(/^=/, "") }];
  return [{ name, value: undefined }, ...shortFlags(word, words, flags, at + 1)];
}

/** Returns the value of a flag without `=`: the next word, if the flag takes one. */
function nextValue({ type, bare }: Flag, words: string[], shown: { dashed: string; quoted: string }): string | undefined {
  const [next] = words;
  if (type === "boolean") {
    // pflag reads it as an argument: `create --verify false` would create a Secret of that name
    if (next === "true" || next === "false") throw usage(`invalid argument "${next}" after ${shown.dashed}: use ${shown.dashed}=${next}`);
    return undefined;
  }
  if (bare !== undefined && (next === undefined || next.startsWith("-"))) return undefined;
  if (next === undefined) throw usage(`flag needs an argument: ${shown.quoted}`);
  return words.shift();
}

import { Parser } from "yargs/helpers";
import { type TakenApart, takeApart } from "./argv.ts";
import { splitList } from "./comma-list.ts";
import { type Flag, type Flags, isList } from "./flags.ts";
import { usage } from "./usage.ts";

/** A command line taken apart: every flag of `flags` has its value or its default. */
export type Parsed = {
  readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly args: readonly string[];
};

/**
 * Reads a command line as kubectl does: strict, the last of a repeated scalar counts, and each flag by its row.
 *
 * @throws CliError usage, in pflag's words
 */
export function parse(argv: readonly string[], flags: Flags): Parsed {
  const { given, args } = collect(takeApart(argv, flags), flags);
  const read = Object.entries(flags).map(([name, flag]) => {
    const values = given[name];
    return { name, flag, value: values && readValue(name, flag, values) };
  });
  refuseTogether(read);
  const implied: Readonly<Record<string, string>> = Object.assign({}, ...read.map(({ flag, value }) => value === true && flag.implies));
  const settled = ({ name, flag, value = unsaid(flag) }: (typeof read)[number]) =>
    value === flag.default ? (implied[name] ?? value) : value;
  return { flags: Object.fromEntries(read.map((one) => [one.name, settled(one)])), args };
}

/** The values of each flag in their order, and the arguments, from a line in which pflag's spellings are `--flag=value` all. */
function collect(
  { given, args }: TakenApart,
  flags: Flags,
): { given: Readonly<Record<string, readonly string[]>>; args: readonly string[] } {
  // Of a value in quotes yargs would make one without: it gets each value's place, and not the value
  const places = given.map(({ name }, place) => `--${name}=${place}`);
  const valueAt = (place: unknown) => {
    const { name = "", value } = given[Number(place)] ?? {};
    return value ?? flags[name]?.bare ?? "true";
  };
  const {
    _: before,
    "--": behind = [],
    ...read
  } = Parser([...places, "--", ...args], {
    array: given.map(({ name }) => ({ key: name, string: true })),
    configuration: {
      "dot-notation": false,
      "boolean-negation": false,
      "camel-case-expansion": false,
      "greedy-arrays": false,
      "populate--": true,
    },
  });
  const lists = Object.entries(read).map(([name, places]: [string, string[]]) => [name, places.map(valueAt)]);
  return { given: Object.fromEntries(lists), args: [...before, ...behind].map(String) };
}

type Read = string | boolean | readonly string[] | undefined;

/** What a flag is that nobody gave, or that was given an empty value which kubectl passes over. */
function unsaid(flag: Flag): Read {
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

/** Go's strconv.ParseBool. */
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

/** @returns undefined for an empty value that is as none */
function readText(shown: string, flag: Flag, text: string): string | undefined {
  if (text === "" && flag.empty === "absent") return undefined;
  if (text === "" && flag.empty === undefined && !flag.choices) throw invalid(shown, text, "it is empty");
  if (!flag.choices?.includes(text)) {
    const refusal = flag.refuse?.(text) ?? (flag.choices && invalid(shown, text, `must be one of ${flag.choices.join(", ")}`));
    if (refusal) throw refusal;
  }
  return flag.read ? flag.read(text) : text;
}

const invalid = (shown: string, text: string, why: string) => usage(`invalid argument ${JSON.stringify(text)} for "${shown}" flag: ${why}`);

/** Two flags that exclude each other, in cobra's words (MarkFlagsMutuallyExclusive). A flag that was switched off is not given. */
function refuseTogether(read: readonly { name: string; flag: Flag; value: Read }[]): void {
  const set = new Set(read.filter(({ value }) => value !== undefined && value !== false).map(({ name }) => name));
  for (const { name, flag } of read) {
    const other = set.has(name) && flag.exclusive?.find((each) => set.has(each));
    if (!other) continue;
    const group = [other, name].sort().join(" ");
    throw usage(`if any flags in the group [${group}] are set none of the others can be; [${group}] were all set`);
  }
}

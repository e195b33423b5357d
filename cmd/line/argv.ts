import type { Flag, Flags } from "./flags.ts";
import { meantFlag } from "./nearest.ts";
import { usage } from "./usage.ts";

/** One flag as it was given; `value` is undefined where it stands without one. */
export type Given = { readonly name: string; readonly value: string | undefined };

/** A command line taken apart: its flags in their order, and its arguments. */
export type TakenApart = { readonly given: readonly Given[]; readonly args: readonly string[] };

/**
 * Takes a command line apart as pflag does (spf13/pflag flag.go, parseArgs): `--flag=value`, `--flag value`, `-nfoo`, `-Av6`, and all
 * that stands behind `--` is an argument. A flag that needs a value takes the next word, whatever it begins with.
 * One that can do without (`bare`) takes it too, unlike pflag, if it does not begin with a dash.
 *
 * @throws CliError usage, in pflag's words
 */
export function takeApart(argv: readonly string[], flags: Flags): TakenApart {
  const given: Given[] = [];
  const args: string[] = [];
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "--") args.push(...words.splice(0));
    else if (!word.startsWith("-") || word === "-") args.push(word);
    else if (word.startsWith("--")) given.push(long(word, words, flags));
    else given.push(...letters(word, words, flags));
  }
  return { given, args };
}

/** Where a command line's first argument stands; its length if it has none. What is no flag of these is taken for one without a value. */
export function firstArgument(argv: readonly string[], flags: Flags): number {
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "--") return argv.length;
    if (!word.startsWith("-") || word === "-") return argv.length - words.length - 1;
    try {
      if (word.startsWith("--")) long(word, words, flags);
      else letters(word, words, flags);
    } catch {
      // The parser will say what is wrong with it, by the flags of the verb that is looked for here
    }
  }
  return argv.length;
}

function long(word: string, words: string[], flags: Flags): Given {
  const [, name = "", value] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  if (name === "" || name.startsWith("-")) throw usage(`bad flag syntax: ${word}`);
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (!flag) throw usage(`unknown flag: --${name}`, meantFlag(name, flags));
  return { name, value: value ?? nextValue(flag, words, { dashed: word, quoted: word }) };
}

/** `-Anfoo`, from a letter on: letters of flags without a value, and then one that takes the rest for its value. */
function letters(word: string, words: string[], flags: Flags, at = 1): Given[] {
  const letter = word[at] ?? "";
  const [name, flag] = Object.entries(flags).find(([, { short }]) => short === letter) ?? [];
  if (!name || !flag) throw usage(`unknown shorthand flag: '${letter}' in ${word}`);
  const rest = word.slice(at + 1);
  if (rest === "") return [{ name, value: nextValue(flag, words, { dashed: `-${letter}`, quoted: `'${letter}' in ${word}` }) }];
  if (rest.startsWith("=") || flag.type !== "boolean") return [{ name, value: rest.replace(/^=/, "") }];
  return [{ name, value: undefined }, ...letters(word, words, flags, at + 1)];
}

/** The value of a flag that stands alone: the next word, if it takes one. */
function nextValue({ type, bare }: Flag, words: string[], shown: { dashed: string; quoted: string }): string | undefined {
  const [next] = words;
  if (type === "boolean") {
    // pflag takes it for an argument: of `create --verify false` it would make a Secret of that name
    if (next === "true" || next === "false") throw usage(`${shown.dashed} takes its value behind "=": ${shown.dashed}=${next}`);
    return undefined;
  }
  if (bare !== undefined && (next === undefined || next.startsWith("-"))) return undefined;
  if (next === undefined) throw usage(`flag needs an argument: ${shown.quoted}`);
  return words.shift();
}

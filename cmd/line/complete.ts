import { isPrintable } from "../../src/output/printable.ts";
import type { Context } from "../context.ts";
import { openSession, type Session } from "../session.ts";
import { opened, type VerbBody, type VerbRow } from "../verb.ts";
import { type Flag, type Flags, isList } from "./flags.ts";
import { global } from "./kubectl-flags.ts";
import { firstArgument, parse } from "./parse.ts";

/** How long a word may take that the cluster has to be asked for, in milliseconds. */
const patience = 1250;

/** What the shell is to do with the candidates (cobra's ShellCompDirective); where there are none, files only if it is told to. */
const directives = { noSpace: 2, noFiles: 4, files: 0, folders: 16 } as const;

/** Words, each with what it means behind a tab if that is known, and a directive. */
type Candidates = { readonly words: readonly string[]; readonly directive: number };

const only = (words: readonly string[]): Candidates => ({ words, directive: directives.noFiles });

/**
 * Answers kubectl's completion: the candidates for the last word, one a line, and cobra's directive.
 * Whatever fails is silence; nothing is written and nobody is asked to sign in.
 */
export async function complete(typed: readonly string[], verbs: readonly VerbRow[], context: Context): Promise<void> {
  const { words: found, directive } = await find(typed.at(-1) ?? "", typed.slice(0, -1), verbs, context).catch(() => only([]));
  // A word that a terminal cannot show is none that anybody could choose
  const words = found.filter((word) => word.split("\t").every(isPrintable));
  context.stdout.write(`${words.map((word) => `${word}\n`).join("")}:${directive}\n`);
}

async function find(word: string, before: readonly string[], verbs: readonly VerbRow[], context: Context): Promise<Candidates> {
  const at = firstArgument(before, global);
  const row = verbs.find(({ name }) => name === before[at]);
  const verb = row && (await opened(row));
  const rest = before.filter((_, index) => index !== at);
  const asking: Ask = (line, of) => ask(row, line, context, of);
  const ofFlags = rest.includes("--") ? undefined : flagCandidates(word, rest, verb?.flags ?? {}, asking);
  if (ofFlags) return ofFlags;
  if (before[at] === undefined || before[at] === "help") return begunBy(word, verbWords(verbs));
  return begunBy(word, verb?.complete ? await asking(rest, argumentsFor(word)) : []);
}

/** A flag, or the value that one waits for. */
function flagCandidates(word: string, before: readonly string[], own: Flags, ask: Ask): Promise<Candidates> | Candidates | undefined {
  const flags: Flags = { ...global, ...own };
  const [, inline, begun] = /^--([^=]+)=(.*)$/s.exec(word) ?? [];
  const waiting = inline ?? flagOf(before.at(-1), flags);
  if (waiting === undefined) return word.startsWith("-") ? only(flagWords(word, before, own)) : undefined;
  const line = inline === undefined ? before.slice(0, -1) : before;
  return valuesOf(flags[waiting], begun ?? word, () => ask(line, valuesFor(waiting)));
}

const verbWords = (verbs: readonly VerbRow[]) => verbs.map(({ name, summary }) => `${name}\t${summary}`);

/** Arguments that begin like this; behind one that goes on (`deployment/`) there is to be no space. */
function begunBy(word: string, all: readonly string[]): Candidates {
  const words = all.filter((each) => each.startsWith(word));
  return { words, directive: directives.noFiles | (words.some((each) => each.endsWith("/")) ? directives.noSpace : 0) };
}

/** A verb with all its flags, and what was typed for it before. */
type Typed = Pick<VerbBody, "complete" | "most" | "flags"> & { readonly args: readonly string[] };

type Asking = (session: Session, typed: Typed) => Promise<readonly string[]>;

type Ask = (line: readonly string[], of: Asking) => Promise<readonly string[]>;

const valuesFor =
  (name: string): Asking =>
  async (session, { flags: { [name]: flag } }) =>
    typeof flag?.complete === "function" ? flag.complete(session) : [];

const argumentsFor =
  (word: string): Asking =>
  async (session, { complete, most, args }) =>
    complete && args.length < most ? complete(session, args, word) : [];

/** Asks with the flags that were typed before, so that `--context` and `-n` hold. */
async function ask(row: VerbRow | undefined, line: readonly string[], context: Context, of: Asking): Promise<readonly string[]> {
  const verb = row ? await opened(row) : { flags: {}, most: 0 };
  const flags = { ...global, ...verb.flags };
  const { flags: said, args } = parse(line, flags);
  const silent = { ...context, stderr: { write: () => {}, isTTY: false, columns: 0 } };
  const session = openSession(silent, said);
  const late = context.sleep(patience).then((): readonly string[] => []);
  return Promise.race([of(session, { ...verb, flags, args }), late]).finally(() => session.close());
}

/** Values of one flag that begin like this; of several in one word (`a,b`) the last is completed. */
async function valuesOf(flag: Flag | undefined, begun: string, ask: () => Promise<readonly string[]>): Promise<Candidates> {
  if (!flag || flag.hidden) return only([]);
  if (flag.complete === "files" || flag.complete === "folders") return { words: [], directive: directives[flag.complete] };
  const known = flag.choices ?? (flag.type === "boolean" ? ["true", "false"] : flag.complete ? await ask() : []);
  const split = flag.type === "strings" ? begun.lastIndexOf(",") : -1;
  const [done, last] = [begun.slice(0, split + 1), begun.slice(split + 1)];
  const words = known.filter((value) => value.startsWith(last)).map((value) => done + value);
  return { words, directive: directives.noFiles | (flag.type === "strings" ? directives.noSpace : 0) };
}

/** The flags that begin like this: the verb's own first, without those that are there already and may not be repeated. */
function flagWords(word: string, before: readonly string[], own: Flags): string[] {
  const all = Object.entries({ ...own, ...Object.fromEntries(Object.entries(global).filter(([name]) => !(name in own))) });
  const isThere = (name: string) => before.some((each) => each === `--${name}` || each.startsWith(`--${name}=`));
  return all
    .filter(([name, flag]: [string, Flag]) => !flag.hidden && (isList(flag) || !isThere(name)))
    .flatMap(([name, { short, describe }]: [string, Flag]) => [
      `--${name}\t${describe}`,
      ...(short && word === "-" ? [`-${short}\t${describe}`] : []),
    ])
    .filter((each) => each.startsWith(word));
}

/** The flag that a word leaves waiting for its value: `--namespace`, `-n`, `-An`, but not `-nfoo`. */
function flagOf(word: string | undefined, flags: Flags): string | undefined {
  if (!word?.startsWith("-") || word.includes("=")) return undefined;
  const rows = Object.entries(flags).filter(([, { type }]) => type !== "boolean");
  if (word.startsWith("--")) return rows.find(([name]) => word === `--${name}`)?.[0];
  const letters = word.slice(1);
  const at = [...letters].findIndex((letter) => rows.some(([, { short }]) => short === letter));
  return at >= 0 && at === letters.length - 1 ? rows.find(([, { short }]) => short === letters[at])?.[0] : undefined;
}

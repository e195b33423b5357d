import { isPrintable } from "../../src/output/printable.ts";
import type { Context } from "../context.ts";
import { openSession, type Session } from "../session.ts";
import { opened, type VerbRow } from "../verb.ts";
import { type Flag, type Flags, isList } from "./flags.ts";
import { global } from "./kubectl-flags.ts";
import { firstArgument, lastFlag, parse } from "./parse.ts";

/** The timeout of a completion, in milliseconds. */
const timeout = 1250;

/** Instructions for the shell (cobra's ShellCompDirective). Without candidates, the shell completes files only with `files`. */
const directives = { noSpace: 2, noFiles: 4, files: 0, folders: 16 } as const;

/** The candidate words, each with its description after a tab if there is one, and the directive. */
type Candidates = { readonly words: readonly string[]; readonly directive: number };

/** Requests candidates, with the flags and the arguments of a command line that is typed in part. */
type Ask = (
  typed: readonly string[],
  of: (session: Session, args: readonly string[]) => Promise<readonly string[]>,
) => Promise<readonly string[]>;

const only = (words: readonly string[]): Candidates => ({ words, directive: directives.noFiles });

/**
 * Answers kubectl's completion: prints the candidates for the last word, one on each line, and cobra's directive. Errors are ignored.
 * Nothing is written to the cluster, and the user is never asked to sign in.
 */
export async function complete(typed: readonly string[], verbs: readonly VerbRow[], context: Context): Promise<void> {
  const { words: found, directive } = await find(typed.at(-1) ?? "", typed.slice(0, -1), verbs, context).catch(() => only([]));
  const words = found.filter((word) => word.split("\t").every(isPrintable));
  context.stdout.write(`${words.map((word) => `${word}\n`).join("")}:${directive}\n`);
}

async function find(word: string, before: readonly string[], verbs: readonly VerbRow[], context: Context): Promise<Candidates> {
  const at = firstArgument(before, global);
  const row = verbs.find(({ name }) => name === before[at]);
  const verb = row && (await opened(row));
  const own = verb?.flags ?? {};
  const rest = before.filter((_, index) => index !== at);
  const ask: Ask = (line, of) => askWithin(line, { ...global, ...own }, context, of);
  const ofFlags = rest.includes("--") ? undefined : flagCandidates(word, rest, own, ask);
  if (ofFlags) return ofFlags;
  if (before[at] === undefined || before[at] === "help")
    return startingWith(
      word,
      verbs.map(({ name, summary }) => `${name}\t${summary}`),
    );
  const { complete: argument, most = 0 } = verb ?? {};
  if (!argument) return only([]);
  return startingWith(word, await ask(rest, async (session, args) => (args.length < most ? argument(session, args, word) : [])));
}

/** Returns candidates for a flag, or for the value of a flag that needs one. */
function flagCandidates(word: string, before: readonly string[], own: Flags, ask: Ask): Promise<Candidates> | Candidates | undefined {
  const flags: Flags = { ...global, ...own };
  const [, inline, value = word] = /^--([^=]+)=(.*)$/s.exec(word) ?? [];
  const name = inline ?? flagOf(before.at(-1), flags);
  if (name === undefined) return word.startsWith("-") ? only(flagWords(word, before, own)) : undefined;
  return valuesOf(flags[name], value, (of) => ask(inline === undefined ? before.slice(0, -1) : before, of));
}

/** Returns the arguments that start with a word. A word that can be continued (`deployment/`) gets no space. */
function startingWith(word: string, all: readonly string[]): Candidates {
  const words = all.filter((each) => each.startsWith(word));
  return { words, directive: directives.noFiles | (words.some((each) => each.endsWith("/")) ? directives.noSpace : 0) };
}

/** Applies the flags that were typed before, such as `--context` and `-n`. */
async function askWithin(line: readonly string[], flags: Flags, context: Context, of: Parameters<Ask>[1]): Promise<readonly string[]> {
  const { flags: given, args } = parse(line, flags);
  const silent = { ...context, stderr: { write: () => {}, isTTY: false, columns: 0 } };
  const session = openSession(silent, given);
  const timedOut = context.sleep(timeout).then((): readonly string[] => []);
  return Promise.race([of(session, args), timedOut]).finally(() => session.close());
}

/** Returns the values of one flag that start with a text. If one word contains several values (`a,b`), completes the last one. */
async function valuesOf(
  flag: Flag | undefined,
  text: string,
  ask: (of: Parameters<Ask>[1]) => Promise<readonly string[]>,
): Promise<Candidates> {
  if (!flag || flag.hidden) return only([]);
  const { complete: values, choices, type } = flag;
  if (values === "files" || values === "folders") return { words: [], directive: directives[values] };
  const usual = typeof values === "function" ? await ask(values) : (values ?? []);
  const known = choices ?? (type === "boolean" ? ["true", "false"] : usual);
  const split = type === "strings" ? text.lastIndexOf(",") : -1;
  const [done, last] = [text.slice(0, split + 1), text.slice(split + 1)];
  const words = known.filter((value) => value.startsWith(last)).map((value) => done + value);
  return { words, directive: directives.noFiles | (type === "strings" ? directives.noSpace : 0) };
}

/** Returns the flags that start with a word, the verb's own flags first. Omits given flags that can't be repeated. */
function flagWords(word: string, before: readonly string[], own: Flags): string[] {
  const isThere = (name: string) => before.some((each) => each === `--${name}` || each.startsWith(`--${name}=`));
  const all: Flags = { ...own, ...global, ...own };
  return Object.entries(all)
    .filter(([name, flag]) => !flag.hidden && (isList(flag) || !isThere(name)))
    .flatMap(([name, { short, describe }]) => [`--${name}\t${describe}`, ...(short && word === "-" ? [`-${short}\t${describe}`] : [])])
    .filter((each) => each.startsWith(word));
}

/** Returns the flag whose value must follow a word: `--namespace`, `-n`, `-An`, but not `-nfoo`. */
function flagOf(word: string | undefined, flags: Flags): string | undefined {
  if (!word?.startsWith("-") || word === "-" || word === "--") return undefined;
  try {
    const { name, flag, value } = lastFlag(word, flags);
    return flag.type !== "boolean" && value === undefined ? name : undefined;
  } catch {
    return undefined;
  }
}

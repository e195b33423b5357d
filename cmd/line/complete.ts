import type { Context } from "../../src/context.ts";
import { accountNames, namespaceNames } from "../names.ts";
import { openSession, type Session } from "../session.ts";
import type { Verb } from "../verb.ts";
import { type Flags, global } from "./flags.ts";
import { parse } from "./parse.ts";

/** How long a word may take that the cluster has to be asked for, in milliseconds. */
const patience = 1500;

/**
 * Answers kubectl's completion: the candidates for the last word, one a line, and cobra's directive 4 (no file names).
 * Whatever fails is silence; nothing is written and nobody is asked to sign in.
 */
export async function complete(words: readonly string[], verbs: readonly Verb[], context: Context): Promise<void> {
  const word = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const candidates = await find(word, before, verbs, context).catch(() => []);
  const fitting = candidates.filter((candidate) => candidate.startsWith(word.replace(/^--[^=]*=/, "")));
  context.stdout.write(`${fitting.map((candidate) => `${candidate}\n`).join("")}:4\n`);
}

async function find(word: string, before: readonly string[], verbs: readonly Verb[], context: Context): Promise<string[]> {
  const verb = verbs.find(({ name }) => before.includes(name));
  const flags: Flags = { ...global, ...verb?.flags };
  const waiting = /^--([^=]+)=/.exec(word)?.[1] ?? flagOf(before.at(-1) ?? "", flags);
  const flag = waiting === undefined ? undefined : flags[waiting];
  const whole = waiting !== undefined && !word.startsWith("--") ? before.slice(0, -1) : before;
  if (waiting !== undefined && flag && flag.type !== "boolean") {
    if (flag.choices) return [...flag.choices];
    return waiting === "serviceaccount" ? ask(accountNames) : waiting === "namespace" ? ask(namespaceNames) : [];
  }
  if (word.startsWith("-")) return Object.entries(flags).map(([name, { type }]) => (type === "boolean" ? `--${name}` : `--${name}=`));
  if (!verb) return verbs.map(({ name, summary }) => `${name}\t${summary}`);
  const taken = parse(before.slice(before.indexOf(verb.name) + 1), flags).args.length;
  return taken < verb.most && verb.complete ? ask(verb.complete) : [];

  async function ask(of: (session: Session) => Promise<readonly string[]>): Promise<string[]> {
    const silent = { ...context, stderr: { write: () => {}, isTTY: false, columns: 0 } };
    const session = openSession(silent, parse(whole, { ...flags, ...allFlags(verbs) }).flags);
    const late = context.sleep(patience).then((): readonly string[] => []);
    return [...(await Promise.race([of(session), late]).finally(() => session.close()))];
  }
}

/** The flag that a word leaves waiting for its value: `-n`, `--namespace`. */
function flagOf(word: string, flags: Flags): string | undefined {
  if (!word.startsWith("-") || word.includes("=")) return undefined;
  return Object.entries(flags).find(([name, { short }]) => word === `--${name}` || word === `-${short}`)?.[0];
}

function allFlags(verbs: readonly Verb[]): Flags {
  return Object.assign({}, ...verbs.map(({ flags }) => flags));
}

import type { Context } from "../src/context.ts";
import { CliError } from "../src/errors.ts";
import { printError } from "../src/output/error.ts";
import { complete } from "./line/complete.ts";
import { global } from "./line/flags.ts";
import { overview, verbHelp } from "./line/help.ts";
import { nearest } from "./line/nearest.ts";
import { parse } from "./line/parse.ts";
import { openSession, type Session } from "./session.ts";
import type { Verb } from "./verb.ts";
import { verbs } from "./verbs.ts";

/**
 * Runs one command line. The only place that catches everything, and the only one that prints an error.
 *
 * @param argv what stands behind `kubectl acr-secret`
 * @returns the exit code: 0, or 1 as kubectl's, 130 when interrupted
 */
export async function main(argv: readonly string[], context: Context): Promise<number> {
  let session: Session | undefined;
  let chosen: Verb | undefined;
  try {
    if (argv[0] === "__complete") {
      await complete(argv.slice(1), verbs, context);
      return 0;
    }
    const at = verbAt(argv);
    const word = argv[at];
    chosen = verbs.find(({ name }) => name === word);
    if (word !== undefined && !chosen && word !== "help") throw unknown(word);
    const rest = [...argv.slice(0, at), ...argv.slice(at + 1)];
    const { flags, args } = parse(rest, { ...global, ...chosen?.flags });
    const topic = word === "help" ? verbs.find(({ name }) => name === args[0]) : chosen;
    if (flags["help"] || word === "help" || !chosen) {
      context.stdout.write(topic ? verbHelp(topic) : overview(verbs));
      return 0;
    }
    if (args.length > chosen.most) throw new CliError("usage", `unexpected argument "${args[chosen.most]}"`);
    session = openSession(context, flags);
    // The flags of this verb were read with this verb's table, so they have its types
    return await chosen.run({ flags: flags as never, args }, session);
  } catch (error) {
    if (context.interruption.halted) return 130;
    printError(context.stderr, context.env, withUsage(error, chosen));
    if (!(error instanceof CliError)) session?.trace(4, () => placeOf(error));
    return 1;
  } finally {
    await session?.close();
  }
}

/** Where the verb stands: the first word that is neither a flag nor the value of a global one. */
function verbAt(argv: readonly string[]): number {
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    if (!word.startsWith("-")) return at;
    const flag = Object.entries(global).find(([name, row]) => word === `--${name}` || ("short" in row && word === `-${row.short}`))?.[1];
    if (flag && flag.type !== "boolean") at++;
  }
  return argv.length;
}

function unknown(word: string): CliError {
  const meant = nearest(
    word,
    verbs.map(({ name }) => name),
  );
  const hint = meant ? `did you mean "kubectl acr-secret ${meant}"?` : "kubectl acr-secret --help";
  return new CliError("usage", `unknown command "${word}" for "kubectl acr-secret"`, { hint });
}

/** Where a defect arose: the frames of its stack, without its text, which may hold anything. */
function placeOf(error: unknown): string {
  const lines = error instanceof Error ? (error.stack ?? "").split("\n") : [];
  return lines.filter((line) => /^\s+at /.test(line)).join("\n");
}

/** A misused flag ends with where to read on, as in kubectl. */
function withUsage(error: unknown, verb: Verb | undefined): unknown {
  if (!(error instanceof CliError) || error.kind !== "usage" || error.hint) return error;
  return new CliError("usage", error.message, { hint: `kubectl acr-secret ${verb ? `${verb.name} ` : ""}--help`, cause: error });
}

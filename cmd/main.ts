import type { Context } from "../src/context.ts";
import { CliError } from "../src/errors.ts";
import { printError } from "../src/output/error.ts";
import { firstArgument } from "./line/argv.ts";
import { complete } from "./line/complete.ts";
import { overview, verbHelp } from "./line/help.ts";
import { global } from "./line/kubectl-flags.ts";
import { secretName } from "./line/names.ts";
import { meantVerb } from "./line/nearest.ts";
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
    const at = firstArgument(argv, global);
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
    const code = await chosen.run({ flags: flags as never, args: args.map(chosen.read ?? secretName) }, session);
    if (flags["warnings-as-errors"] && session.warnings() > 0) throw warned(session.warnings());
    return code;
  } catch (error) {
    if (context.interruption.halted) return 130;
    printError(context.stderr, context.env, withUsage(error, chosen));
    if (!(error instanceof CliError)) session?.trace(4, () => placeOf(error));
    return 1;
  } finally {
    await session?.close();
  }
}

/** `--warnings-as-errors`, in kubectl's words. */
const warned = (count: number) => new CliError("invalid", `${count} warning${count === 1 ? "" : "s"} received`);

function unknown(word: string): CliError {
  const meant = meantVerb(
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

import { CliError, Interrupted, permissionHint, usage } from "../src/errors.ts";
import { formatCommand, shell } from "../src/hint.ts";
import { printError } from "../src/output/error.ts";
import { counted } from "../src/wording.ts";
import type { Context } from "./context.ts";
import { overview, verbHelp } from "./line/help.ts";
import { global } from "./line/kubectl-flags.ts";
import { isWorkload, noWorkloads } from "./line/names.ts";
import { suggestedVerb } from "./line/nearest.ts";
import { firstArgument, type Parsed, parse } from "./line/parse.ts";
import { versionLine } from "./project.ts";
import { openSession, type Session } from "./session.ts";
import { failureCode, opened, type Verb } from "./verb.ts";
import { verbs } from "./verbs.ts";

/**
 * Runs one command line. This is the only function that catches all errors, and the only one that prints the error of a run.
 * @param argv the words after `kubectl acr-secret`
 * @returns the exit code: 0, 1 for an error like kubectl, 130 after an interruption. With --diff, errors exit with 2, like those of kubectl
 * diff. For a verb with findings, all errors except a wrong command line exit with 2
 */
export async function main(argv: readonly string[], context: Context): Promise<number> {
  if (argv[0] === "__complete") {
    const { complete } = await import("./line/complete.ts");
    await complete(argv.slice(1), verbs, context);
    return 0;
  }
  const at = firstArgument(argv, global);
  const verb = await verbNamed(argv[at]);
  let session: Session | undefined;
  let diff = verb?.flags.diff !== undefined && argv.includes("--diff");
  try {
    if (argv[at] !== undefined && argv[at] !== "help" && !verb) throw unknown(argv[at]);
    const parsed = parse([...argv.slice(0, at), ...argv.slice(at + 1)], { ...global, ...verb?.flags });
    diff = parsed.flags["diff"] === true;
    session = openSession(context, parsed.flags);
    return await runVerb(verb, parsed, session);
  } catch (error) {
    const code = reportError(error, { verb, context, session, diff });
    if (session) reportDenial(verb, session, error);
    return code;
  } finally {
    await session?.close();
  }
}

export async function lostOutputCode(argv: readonly string[]): Promise<number> {
  const verb = await verbNamed(argv[firstArgument(argv, global)]);
  return failureCode(hasFindings(verb) || argv.includes("--diff"));
}

const hasFindings = (verb: Verb | undefined): boolean => verb?.findings !== undefined;

async function verbNamed(word: string | undefined): Promise<Verb | undefined> {
  const row = verbs.find(({ name }) => name === word);
  return row && opened(row);
}

async function runVerb(verb: Verb | undefined, { flags, args }: Parsed, session: Session): Promise<number> {
  if (flags["version"] && !flags["help"]) {
    session.print(versionLine);
    return 0;
  }
  if (!verb || flags["help"]) {
    session.print(await helpOf(verb, args, session.stdout.columns));
    return 0;
  }
  if (args.length > verb.most) refuseMore(args[verb.most] ?? "");
  // The flags of this verb were read with its own table, so they have its types
  const code = await verb.run({ flags: flags as never, args }, session);
  reportDenial(verb, session, code);
  if (flags["warnings-as-errors"] && session.warnings() > 0) throw warned(session.warnings());
  return code;
}

/**
 * Reports the first request that a server denied in a run with --strict. It is the error of a run without another one. Otherwise it is a
 * warning, because it may be the cause. A verb with findings gives this flag another meaning.
 * @param result the exit code or the error of the run
 */
function reportDenial(verb: Verb | undefined, session: Session, result: unknown): void {
  const [denial] = hasFindings(verb) ? [] : session.denials();
  if (denial === undefined || (result instanceof CliError && result.message === denial)) return;
  if (result === 0) throw new CliError("forbidden", denial);
  session.warn(denial);
}

function refuseMore(word: string): never {
  throw usage(`unexpected argument "${word}"`, isWorkload(word) ? noWorkloads : undefined);
}

type Failure = {
  readonly verb: Verb | undefined;
  readonly context: Context;
  readonly session: Session | undefined;
  readonly diff: boolean;
};

/** Prints the error. After Ctrl-C, prints only what is left to clean up. @returns the exit code */
function reportError(error: unknown, { verb, context, session, diff }: Failure): number {
  const { interrupted } = context.interruption;
  const leftObjects = error instanceof Interrupted && error.hint !== undefined;
  if (interrupted && !leftObjects) return 130;
  printError({ ...context, formatCommand: session?.formatCommand ?? formatCommand }, withNextStep(error, verb));
  if (!(error instanceof CliError)) for (const frame of framesOf(error)) session?.trace(4, () => frame);
  return interrupted ? 130 : failureCode(diff || (hasFindings(verb) && !isMisuse(error)));
}

const isMisuse = (error: unknown): boolean => error instanceof CliError && error.kind === "usage";

/** Returns the help of a verb, for `VERB --help` or `help VERB`. @throws CliError usage for an unknown topic */
async function helpOf(verb: Verb | undefined, [topic]: readonly string[], columns: number): Promise<string> {
  if (verb) return verbHelp(verb, columns);
  if (topic === undefined) return overview(verbs, columns);
  const named = await verbNamed(topic);
  if (!named) throw unknown(topic);
  return verbHelp(named, columns);
}

/** Returns the error for `--warnings-as-errors`, in kubectl's words. */
const warned = (count: number) => new CliError("invalid", `${counted(count, "warning")} received`);

function unknown(word: string): CliError {
  const suggestion = suggestedVerb(
    word,
    verbs.map(({ name }) => name),
  );
  const hint = suggestion ? `did you mean ${JSON.stringify(suggestion)}?` : shell("kubectl acr-secret", "--help");
  return usage(`unknown command "${word}" for "kubectl acr-secret"`, hint);
}

/** Returns the stack frames of a defect, without its message, which may contain anything. */
function framesOf(error: unknown): string[] {
  const lines = error instanceof Error ? (error.stack ?? "").split("\n") : [];
  return lines.filter((line) => /^\s+at /.test(line));
}

/** Adds a hint at the help to an error about a misused flag, as kubectl does, and at the explanation to a missing permission. */
function withNextStep(error: unknown, verb: Verb | undefined): unknown {
  if (!(error instanceof CliError) || error.hint) return error;
  const hint = error.kind === "usage" ? shell("kubectl acr-secret", verb?.name, "--help") : permissionHint(error);
  return hint === undefined ? error : error.withHint(hint);
}

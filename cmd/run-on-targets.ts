import { usage } from "../src/errors.ts";
import type { Outcome } from "../src/outcome.ts";
import type { RecreateOptions } from "../src/targets/lists.ts";
import { type TargetOptions, wantsTargets } from "../src/usage/targets.ts";
import { conclude } from "./conclude.ts";
import { targetFlags, type Values, wordsOf, type writeOutput } from "./line/flags.ts";
import { readTargetWords, type TargetFlags } from "./line/target-words.ts";
import type { Session } from "./session.ts";

type ChangeFlags = Values<typeof writeOutput>;

/** The Secret and the targets of a command line of `attach` or `detach`. */
type TargetLine = {
  readonly namespace: string;
  /** Absent if the command line names none. */
  readonly secret: string | undefined;
  /** Absent if the command line names none. */
  readonly targets: TargetOptions | undefined;
  /** The words and flags with which the command line names the targets, for a printed command. */
  readonly again: readonly string[];
  readonly recreateOptions: RecreateOptions;
};

/** Reads the words and flags that `attach` and `detach` share. @throws CliError usage */
export async function readTargetLine(
  words: readonly string[],
  flags: TargetFlags & { readonly recreate: boolean; readonly force: boolean },
  session: Session,
): Promise<TargetLine> {
  const { recreate, force } = flags;
  if (force && !recreate) throw usage("--force requires --recreate");
  const { secret, targets: named } = readTargetWords(words, flags);
  const targets = wantsTargets(named) ? named : undefined;
  const again = [...(secret === undefined ? words : words.slice(1)), ...wordsOf(targetFlags, flags)];
  return { namespace: await session.cluster().namespace(), secret, targets, again, recreateOptions: { recreate, force } };
}

/** Prints the outcomes of a run in one namespace. @returns the exit code */
export const concludeIn = (namespace: string, outcomes: AsyncIterable<Outcome>, session: Session, flags: ChangeFlags): Promise<number> =>
  conclude(outcomes, session, flags, { namespaces: [namespace], open: false });

import { CliError, isForbidden, isRefusal } from "../src/errors.ts";
import type { Fix } from "../src/fix.ts";
import { keyOf, nameOf, type Ref } from "../src/kinds.ts";
import { printable } from "../src/output/printable.ts";
import { placeSuffix, type Where } from "../src/output/words.ts";
import { inLine } from "../src/plan/wording.ts";
import { over } from "../src/scope/concurrency.ts";
import type { NamespaceReader } from "../src/state/namespace-reader.ts";
import type { NamespaceState } from "../src/state/namespace-state.ts";
import { askable } from "./askable.ts";
import type { Session } from "./session.ts";

/** The most candidates that an error names. */
const mostNamed = 5;

/** What is said of a Secret and its candidates by whoever attaches it, or takes it away. */
const words = {
  attach: {
    looks: (secret: string) => `Looking for what uses the registry of secret/${secret}`,
    asks: (secret: string) => `Which are to use secret/${secret}?`,
    none: (secret: string) => `nothing that uses the registry of secret/${secret} lacks it`,
    some: (secret: string, names: string) => `of what uses its registry, these lack secret/${secret}: ${names}`,
    refused: "nothing was chosen, so nothing is attached",
  },
  detach: {
    looks: (secret: string) => `Looking for what names secret/${secret}`,
    asks: (secret: string) => `Which are to use secret/${secret} no more?`,
    none: (secret: string) => `nothing names secret/${secret}`,
    some: (secret: string, names: string) => `secret/${secret} is named by ${names}`,
    refused: "nothing was chosen, so nothing is detached",
  },
} as const;

/** For which verb and Secret targets are chosen, how they are told apart, and the form of output that was asked for. */
export type Choosing = {
  readonly verb: keyof typeof words;
  /** As the command line says it; undefined where it says none. */
  readonly secret: string;
  readonly where: Where;
  readonly output: string | undefined;
};

/** The error for a command line that names no target. @param why what follows, `, and ...` */
const noTarget = (verb: keyof typeof words, secret: string | undefined, why = ""): CliError =>
  new CliError("usage", `no target is named${why}`, {
    hint: { verb, secret, serviceaccounts: ["default"], or: "deployment/NAME, or --all-serviceaccounts" },
  });

/**
 * Has a person choose which targets a command line is about that names none, out of those for which it would be of use.
 *
 * @param usefulIn what there is of them in a place
 * @returns whether a target was chosen
 * @throws CliError usage where nobody can be asked, which names the candidates, or where they cannot be seen; cancelled where the
 *   person wants none of them
 */
export async function selectTargets(
  session: Session,
  places: AsyncIterable<NamespaceReader>,
  usefulIn: (state: NamespaceState) => readonly Ref[],
  how: Choosing,
): Promise<(target: Ref) => boolean> {
  const candidates: Ref[] = [];
  const bounds = { width: session.width, halted: () => session.context.interruption.halted };
  const seeing = async () => {
    for await (const some of over(places, bounds, (place) => see(place, usefulIn, how))) candidates.push(...some);
  };
  await session.progress.during(words[how.verb].looks(how.secret), seeing);
  const keys = new Set((await chooseTargets(session, candidates, how)).map(keyOf));
  return (target) => keys.has(keyOf(target));
}

/** What would be of use in one place. Where there are others, they are of use, and the run itself tells of one that cannot be seen. */
async function* see(
  { read: look }: NamespaceReader,
  usefulIn: (state: NamespaceState) => readonly Ref[],
  { verb, secret, where }: Choosing,
) {
  try {
    yield usefulIn(await look());
  } catch (error) {
    // A user who may not read all targets can still name one
    if (isForbidden(error)) throw noTarget(verb, secret);
    if (where === "one" || !isRefusal(error)) throw error;
  }
}

/**
 * At a terminal a person is asked, also about a single candidate, since a command that changes things was not told which.
 *
 * @throws CliError usage where nobody can be asked, which names the candidates; cancelled where the person wants none of them
 */
export async function chooseTargets<R extends Ref>(
  session: Session,
  candidates: readonly R[],
  { verb, secret, where, output }: Choosing,
): Promise<readonly R[]> {
  const says = words[verb];
  const labels = candidates.map((one) => printable(nameOf(one) + placeSuffix(one, where)));
  const [first] = candidates;
  if (!first) throw noTarget(verb, secret, `, and ${says.none(secret)}`);
  const terminal = askable(session, output);
  if (!terminal) {
    const hint: Fix = { verb, secret, targets: [nameOf(first)], ...placeOf(first, where), or: "--where-used for all of them" };
    throw new CliError("usage", `no target is named; ${says.some(secret, inLine(labels, mostNamed))}`, { hint });
  }
  const chosen = await terminal.select(says.asks(secret), labels);
  // Not done what was asked for, so 1, and a && behind it goes no further; 130 says that a signal ended the run
  if (!chosen) throw new CliError("cancelled", says.refused);
  return candidates.filter((_, index) => chosen.includes(index));
}

const placeOf = ({ namespace, context }: Ref, where: Where) => (where === "one" ? {} : { namespace, context });

import { CliError, isForbidden, isRefusal, usage } from "../src/errors.ts";
import type { Fix } from "../src/fix.ts";
import { keyOf, nameOf, type Ref } from "../src/kinds.ts";
import { printable } from "../src/output/printable.ts";
import { type PlaceDetail, placeSuffix } from "../src/output/words.ts";
import { inLine } from "../src/plan/wording.ts";
import { runConcurrently } from "../src/scope/concurrency.ts";
import type { NamespaceReader } from "../src/state/namespace-reader.ts";
import type { NamespaceState } from "../src/state/namespace-state.ts";
import type { Session } from "./session.ts";

const mostNamed = 5;

const words = {
  attach: {
    looks: (secret: string) => `Looking for targets that use the registry of secret/${secret}`,
    asks: (secret: string) => `Attach secret/${secret} to:`,
    none: (secret: string) => `no target found that needs secret/${secret}`,
    some: (secret: string, names: string) => `these targets use its registry and lack secret/${secret}: ${names}`,
    refused: "no target selected; nothing was attached",
  },
  detach: {
    looks: (secret: string) => `Looking for targets that list secret/${secret}`,
    asks: (secret: string) => `Detach secret/${secret} from:`,
    none: (secret: string) => `no target lists secret/${secret}`,
    some: (secret: string, names: string) => `these targets list secret/${secret}: ${names}`,
    refused: "no target selected; nothing was detached",
  },
} as const;

/** The verb and the Secret for which targets are chosen, how much of their place to print, and the output format. */
export type Choosing = {
  readonly verb: keyof typeof words;
  readonly secret: string;
  readonly where: PlaceDetail;
  readonly output: string | undefined;
};

/** Returns the error for a command line without a target. @param why the rest of the sentence, `, and ...` */
const noTarget = (verb: keyof typeof words, secret: string | undefined, why = ""): CliError =>
  usage(`no target specified${why}`, { verb, secret, serviceaccounts: ["default"], or: "deployment/NAME, or --all-serviceaccounts" });

/**
 * Lets the user choose targets for a command line that names none, from the targets for which the command is useful.
 * @param usefulIn returns the useful targets of a namespace
 * @returns whether a target was chosen
 * @throws CliError usage, with the candidates, if there is no terminal or they can't be read; cancelled if the user chooses none
 */
export async function selectTargets(
  session: Session,
  places: AsyncIterable<NamespaceReader>,
  usefulIn: (state: NamespaceState) => readonly Ref[],
  choosing: Choosing,
): Promise<(target: Ref) => boolean> {
  const candidates: Ref[] = [];
  const collect = async () => {
    for await (const some of runConcurrently(places, session, (place) => candidatesIn(place, usefulIn, choosing))) candidates.push(...some);
  };
  await session.during(words[choosing.verb].looks(choosing.secret), collect);
  const keys = new Set((await chooseTargets(session, candidates, choosing)).map(keyOf));
  return (target) => keys.has(keyOf(target));
}

/**
 * Yields the useful targets of one namespace. If the run has several namespaces, skips one that can't be read, because the run itself
 * reports it.
 */
async function* candidatesIn(
  { read }: NamespaceReader,
  usefulIn: (state: NamespaceState) => readonly Ref[],
  { verb, secret, where }: Choosing,
) {
  try {
    yield usefulIn(await read());
  } catch (error) {
    // Without permission to read all targets, the user can still name one
    if (isForbidden(error)) throw noTarget(verb, secret);
    if (where === "one" || !isRefusal(error)) throw error;
  }
}

/**
 * Asks the user in a terminal, even about a single candidate, because the user did not specify which object the command changes.
 * @throws CliError usage if the user can't be asked, with the candidates; cancelled if the user chooses none
 */
export async function chooseTargets<R extends Ref>(
  session: Session,
  candidates: readonly R[],
  { verb, secret, where, output }: Choosing,
): Promise<readonly R[]> {
  const texts = words[verb];
  const labels = candidates.map((one) => printable(nameOf(one) + placeSuffix(one, where)));
  const [first] = candidates;
  if (!first) throw noTarget(verb, secret, `, and ${texts.none(secret)}`);
  if (output !== undefined || !session.terminal) {
    const hint: Fix = { verb, secret, targets: [nameOf(first)], ...placeOf(first, where), or: "--where-used for all of them" };
    throw usage(`no target specified; ${texts.some(secret, inLine(labels, mostNamed))}`, hint);
  }
  const chosen = await session.terminal.select(texts.asks(secret), labels);
  // The request was not done, so the exit code is 1 and a following && stops. 130 would mean that a signal ended the run
  if (!chosen) throw new CliError("cancelled", texts.refused);
  return candidates.filter((_, index) => chosen.includes(index));
}

const placeOf = ({ namespace, context }: Ref, where: PlaceDetail) => (where === "one" ? {} : { namespace, context });

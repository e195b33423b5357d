import { CliError, isForbidden, isRefusal, usage } from "../src/errors.ts";
import { keyOf, nameOf, type Ref } from "../src/kinds.ts";
import { printable } from "../src/output/printable.ts";
import { type PlaceDetail, placeSuffix } from "../src/output/words.ts";
import { runConcurrently } from "../src/scope/concurrency.ts";
import type { NamespaceReader } from "../src/usage/namespace-reader.ts";
import type { NamespaceState } from "../src/usage/namespace-state.ts";
import { inLine } from "../src/wording.ts";
import type { Session } from "./session.ts";

const words = {
  attach: { asks: "Attach", preposition: "to", some: "these targets use its registry and lack", none: "no target found that needs" },
  detach: { asks: "Detach", preposition: "from", some: "these targets list", none: "no target lists" },
};

type Choosing = { readonly verb: keyof typeof words; readonly secret: string; readonly where: PlaceDetail; readonly output: unknown };

/**
 * Lets the user choose the targets of a command line that names none. Asks about a single target too.
 * @param usefulIn returns the targets of a namespace for which the command is useful
 * @returns whether a target was chosen
 * @throws CliError usage, with these targets, if the user can't be asked or there are none; cancelled if the user chooses none
 */
export async function selectTargets(
  session: Session,
  places: AsyncIterable<NamespaceReader>,
  usefulIn: (state: NamespaceState) => readonly Ref[],
  { verb, secret, where, output }: Choosing,
): Promise<(target: Ref) => boolean> {
  const { asks, preposition, some, none } = words[verb];
  const byName = { verb, secret, serviceaccounts: ["default"], or: "deployment/NAME, or --all-serviceaccounts" };
  async function* candidatesIn({ read }: NamespaceReader): AsyncGenerator<Ref> {
    try {
      yield* usefulIn(await read());
    } catch (error) {
      // Without permission to read all targets, the user can still name one
      if (isForbidden(error)) throw usage("no target specified", byName);
      // The run itself reports the error of one of several namespaces
      if (where === "one" || !isRefusal(error)) throw error;
    }
  }
  const read = () => Array.fromAsync(runConcurrently(places, session, candidatesIn));
  const candidates = await session.during(`Looking for targets of secret/${secret}`, read);
  const labels = candidates.map((one) => printable(nameOf(one) + placeSuffix(one, where)));
  const [first] = candidates;
  if (!first) throw usage(`no target specified, and ${none} secret/${secret}`, byName);
  if (output !== undefined || !session.terminal) {
    const at = where === "one" ? {} : { namespace: first.namespace };
    const fix = { verb, secret, targets: [nameOf(first)], ...at, or: "--where-used for all of them" };
    throw usage(`no target specified; ${some} secret/${secret}: ${inLine(labels, 5)}`, fix);
  }
  const chosen = await session.terminal.select(`${asks} secret/${secret} ${preposition}:`, labels);
  // The request was not done, so the exit code is 1 and a following && stops. 130 would mean that a signal ended the run
  if (!chosen) throw new CliError("cancelled", `no target selected; nothing was ${verb}ed`);
  const keys = new Set(candidates.filter((_, index) => chosen.includes(index)).map(keyOf));
  return (target) => keys.has(keyOf(target));
}

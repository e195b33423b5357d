import { CliError, isForbidden, usage } from "../src/errors.ts";
import { plugin } from "../src/hint.ts";
import { keyOf, nameOf, type Ref } from "../src/kinds.ts";
import { printable } from "../src/output/printable.ts";
import { inLine } from "../src/wording.ts";
import type { Session } from "./session.ts";

const words = {
  attach: { asks: "Attach", preposition: "to", some: "these targets use its registry and lack", none: "no target found that needs" },
  detach: { asks: "Detach", preposition: "from", some: "these targets list", none: "no target lists" },
};

/**
 * Lets the user choose the targets of a command line that names none. Asks about a single target too.
 * @param read returns the targets for which the command is useful
 * @returns whether a target was chosen
 * @throws CliError usage, with these targets, if the user can't be asked or there are none; cancelled if the user chooses none
 */
export async function selectTargets(
  session: Session,
  read: () => Promise<readonly Ref[]>,
  { verb, secret, output }: { readonly verb: keyof typeof words; readonly secret: string; readonly output: unknown },
): Promise<(target: Ref) => boolean> {
  const { asks, preposition, some, none } = words[verb];
  const byName = { ...plugin(verb, secret, "--serviceaccount", "default"), or: "deployment/NAME, or --all-serviceaccounts" };
  const candidates = await session.during(`Looking for targets of secret/${secret}`, read).catch((error: unknown) => {
    // Without permission to read all targets, the user can still name one
    throw isForbidden(error) ? usage("no target specified", byName) : error;
  });
  const labels = candidates.map((one) => printable(nameOf(one)));
  const [first] = candidates;
  if (!first) throw usage(`no target specified, and ${none} secret/${secret}`, byName);
  if (output !== undefined || !session.terminal) {
    const fix = { ...plugin(verb, secret, nameOf(first)), or: "--where-used for all of them" };
    throw usage(`no target specified; ${some} secret/${secret}: ${inLine(labels, 5)}`, fix);
  }
  const chosen = await session.terminal.select(`${asks} secret/${secret} ${preposition}:`, labels);
  // The request was not done, so the exit code is 1 and a following && stops. 130 would mean that a signal ended the run
  if (!chosen) throw new CliError("cancelled", `no target selected; nothing was ${verb}ed`);
  const keys = new Set(candidates.filter((_, index) => chosen.includes(index)).map(keyOf));
  return (target) => keys.has(keyOf(target));
}

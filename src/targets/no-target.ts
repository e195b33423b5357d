import { type CliError, isForbidden, usage } from "../errors.ts";
import { plugin } from "../hint.ts";
import { nameOf, type Ref } from "../kinds.ts";
import type { Tools } from "../tools.ts";
import { inLine } from "../wording.ts";

const words = {
  attach: { some: "these targets use its registry and lack", none: "no target found that needs" },
  detach: { some: "these targets list", none: "no target lists" },
};

/**
 * Returns the error for a command line without a target. It names the first candidates, and the command for one.
 * @param read returns the targets for which the command is useful
 * @throws the error of the read, unless it is a missing permission
 */
export async function noTarget(
  verb: keyof typeof words,
  secret: string,
  read: () => Promise<readonly Ref[]>,
  { during }: Pick<Tools, "during">,
): Promise<CliError> {
  const { some, none } = words[verb];
  const byName = { ...plugin(verb, secret, "--serviceaccount", "default"), or: "deployment/NAME, or --all-serviceaccounts" };
  const candidates = await during(`Looking for targets of secret/${secret}`, read).catch((error: unknown) => {
    // Without permission to read all targets, the user can still name one
    if (isForbidden(error)) return undefined;
    throw error;
  });
  if (!candidates) return usage("no target specified", byName);
  const [first] = candidates;
  if (!first) return usage(`no target specified, and ${none} secret/${secret}`, byName);
  const fix = { ...plugin(verb, secret, nameOf(first)), or: "--where-used for all of them" };
  return usage(`no target specified; ${some} secret/${secret}: ${inLine(candidates.map(nameOf), 5)}`, fix);
}

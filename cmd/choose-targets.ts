import { CliError } from "../src/errors.ts";
import type { Ref } from "../src/kinds.ts";
import { choose } from "../src/output/choose.ts";
import { printable } from "../src/output/printable.ts";
import { nameOf, placeSuffix, type Where } from "../src/output/words.ts";
import { inLine } from "../src/plan/named.ts";
import type { Session } from "./session.ts";

/** The most candidates that an error names. */
const mostNamed = 5;

/** What is said of a Secret and its candidates by whoever attaches it, or takes it away. */
const words = {
  attach: {
    asks: (secret: string) => `Which are to use secret/${secret}?`,
    none: (secret: string) => `nothing that uses the registry of secret/${secret} lacks it`,
    some: (secret: string, names: string) => `of what uses its registry, these lack secret/${secret}: ${names}`,
    refused: "nothing was chosen, so nothing is attached",
  },
  detach: {
    asks: (secret: string) => `Which are to use secret/${secret} no more?`,
    none: (secret: string) => `nothing names secret/${secret}`,
    some: (secret: string, names: string) => `secret/${secret} is named by ${names}`,
    refused: "nothing was chosen, so nothing is detached",
  },
} as const;

/** For which verb and Secret targets are chosen, how they are told apart, and the form of output that was asked for. */
export type Choosing = {
  readonly verb: keyof typeof words;
  readonly secret: string;
  readonly where: Where;
  readonly output: string | undefined;
};

/**
 * The targets of a command line that names none, out of those for which it would be of use: at a terminal a person is asked,
 * also about a single one, since a command that changes things was not told which.
 *
 * @throws CliError usage where nobody can be asked, which names the candidates; cancelled where the person wants none of them
 */
export async function chooseTargets<R extends Ref>(
  session: Session,
  candidates: readonly R[],
  { verb, secret, where, output }: Choosing,
): Promise<readonly R[]> {
  const says = words[verb];
  const labeled = candidates.map((is) => ({ is, label: printable(nameOf(is) + placeSuffix(is, where)) }));
  const hint = { do: verb, secret, serviceaccounts: ["default"], or: "--all-serviceaccounts" } as const;
  if (labeled.length === 0) throw new CliError("usage", `no target is named, and ${says.none(secret)}`, { hint });
  const terminal = askable(session, output);
  if (!terminal) {
    const names = inLine(
      labeled.map(({ label }) => label),
      mostNamed,
    );
    throw new CliError("usage", `no target is named; ${says.some(secret, names)}`, { hint });
  }
  const chosen = await choose({ asks: says.asks(secret), enter: verb }, labeled, { ...session.context, terminal });
  // Not done what was asked for, so 1, and a && behind it goes no further; 130 says that a signal ended the run
  if (!chosen) throw new CliError("cancelled", says.refused);
  return chosen;
}

/** The terminal at which somebody can be asked. A form of output is for programs; and in CI, which may have a terminal, nobody answers. */
function askable({ context }: Session, output: string | undefined) {
  const { env, terminal } = context;
  return output === undefined && env["CI"] === undefined && env["TERM"] !== "dumb" ? terminal : undefined;
}

import type { ChangeOutcome, Outcome } from "../actions/outcome.ts";
import type { Environment, Sink } from "../env.ts";
import { nameOf } from "../kinds.ts";
import { sidesOf } from "./diff.ts";
import { printData } from "./object.ts";
import { printable } from "./printable.ts";
import { styleFor } from "./style.ts";
import { diffLines, linesOf } from "./unified.ts";
import { placeSuffix, type Where } from "./words.ts";

type Stream = { readonly stdout: Sink; readonly env: Environment; readonly where: Where };

/** How an outcome is printed that has no sides to compare, and what goes with every outcome. */
type Beside = { readonly print: (outcome: Outcome) => void; readonly line: (outcome: ChangeOutcome) => string | undefined };

/**
 * Prints what changes as `kubectl diff` does: of lists and Secrets the lines that go and come, of everything else that it is changed.
 * Nothing is printed of what stays.
 */
export function diffPrinter({ stdout, env, where }: Stream, { print, line }: Beside) {
  const style = styleFor(stdout, env);
  let differs = false;
  const write = (lines: readonly string[]) => {
    if (lines.length === 0) return;
    differs = true;
    stdout.write(`${lines.join("\n")}\n`);
  };
  return {
    print: async (outcome: Outcome) => {
      if (outcome.change && !outcome.error && !outcome.left) write(await changesOf(outcome));
      print(outcome);
    },
    end: async () => {},
    get differs() {
      return differs;
    },
  };

  async function changesOf(outcome: ChangeOutcome): Promise<string[]> {
    const sides = sidesOf(outcome);
    const said = sides && !sides.anew ? [] : [line(outcome) ?? []].flat().map(printable);
    if (!sides) return said;
    const { to } = outcome.change;
    const [before, after] = [await asLines(sides.before), await asLines(sides.after)];
    return [...said, ...diffLines({ name: `${nameOf(to)}${placeSuffix(to, where)}`, before, after }, style)];
  }
}

const asLines = async (object: object | undefined) => (object ? linesOf(await printData(object, "yaml")) : []);

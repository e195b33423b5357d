import type { ChangeOutcome, Outcome } from "../actions/outcome.ts";
import type { Environment, Sink } from "../env.ts";
import { nameOf } from "../kinds.ts";
import { sidesOf } from "./diff.ts";
import { printData } from "./object.ts";
import { printable } from "./printable.ts";
import { styleFor } from "./style.ts";
import { diffLines, linesOf } from "./unified.ts";
import { type PlaceDetail, placeSuffix } from "./words.ts";

type Stream = { readonly stdout: Sink; readonly env: Environment; readonly where: PlaceDetail };

/** `print` prints every outcome; `line` is the line of an outcome that cannot be compared. */
type Beside = { readonly print: (outcome: Outcome) => void; readonly line: (outcome: ChangeOutcome) => string | undefined };

/**
 * Prints differences like `kubectl diff`: for lists and Secrets the removed and added lines, for every other object only that it changes.
 * Prints nothing for an unchanged object.
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
    const said = sides && !sides.recreated ? [] : [line(outcome) ?? []].flat().map(printable);
    if (!sides) return said;
    const { to } = outcome.change;
    const [before, after] = [await asLines(sides.before), await asLines(sides.after)];
    return [...said, ...diffLines({ name: `${nameOf(to)}${placeSuffix(to, where)}`, before, after }, style)];
  }
}

const asLines = async (object: object | undefined) => (object ? linesOf(await printData(object, "yaml")) : []);

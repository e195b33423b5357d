import type { ChalkInstance } from "chalk";
import type { Outcome } from "../apply/outcome.ts";
import type { Env, Sink } from "../context.ts";
import { type Sides, sidesOf } from "./diff.ts";
import { printData } from "./object.ts";
import { printable } from "./printable.ts";
import { styleFor } from "./style.ts";
import { unified } from "./unified.ts";
import { nameOf, placeSuffix, type Where } from "./words.ts";

type Stream = { readonly stdout: Sink; readonly env: Env; readonly where: Where };

/** How an outcome is printed that has no sides to compare, and what goes with every outcome. */
type Beside = { readonly print: (outcome: Outcome) => void; readonly line: (outcome: Outcome) => string | undefined };

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
      if (!outcome.error && !outcome.left) write(await linesOf(outcome));
      print(outcome);
    },
    end: async () => {},
    get differs() {
      return differs;
    },
  };

  async function linesOf(outcome: Outcome): Promise<string[]> {
    const sides = sidesOf(outcome);
    if (!sides) return [line(outcome) ?? []].flat().map(printable);
    const { to } = outcome.change;
    const name = printable(`${nameOf(to)}${placeSuffix(to, where)}`);
    const hunks = (await hunksOf(sides)).map((text) => colored(style, text));
    return hunks.length === 0 ? [] : [style.bold(`--- ${name}`), style.bold(`+++ ${name}`), ...hunks];
  }
}

async function hunksOf({ before, after }: Sides): Promise<string[]> {
  return unified(await asLines(before), await asLines(after));
}

const asLines = async (object: object | undefined) => (object ? (await printData(object, "yaml")).trimEnd().split("\n") : []);

const colors: Readonly<Record<string, "dim" | "green" | "red">> = { "@": "dim", "+": "green", "-": "red" };

function colored(style: ChalkInstance, text: string): string {
  const color = colors[text[0] ?? ""];
  return color ? style[color](text) : text;
}

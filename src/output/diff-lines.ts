import type { ChalkInstance } from "chalk";
import { printable, printableFlow } from "./printable.ts";
import { unified } from "./unified.ts";

/** Something that is compared, by its name and its lines. */
type Compared = { readonly name: string; readonly before: readonly string[]; readonly after: readonly string[] };

/** What differs, as `diff -u` prints it: on a terminal what goes in red, and what comes in green. @returns none where nothing does */
export function diffLines({ name, before, after }: Compared, style: ChalkInstance): string[] {
  const hunks = unified(before, after).map((text) => colored(style, printableFlow(text)));
  const shown = printable(name);
  return hunks.length === 0 ? [] : [style.bold(`--- ${shown}`), style.bold(`+++ ${shown}`), ...hunks];
}

/** The lines of a text; of one whose last line is not ended, what diff says of that stands below. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  const last = lines.pop() ?? "";
  return last === "" ? lines : [...lines, `${last}\n\\ No newline at end of file`];
}

const colors: Readonly<Record<string, "dim" | "green" | "red">> = { "@": "dim", "+": "green", "-": "red" };

function colored(style: ChalkInstance, text: string): string {
  const color = colors[text[0] ?? ""];
  return color ? style[color](text) : text;
}

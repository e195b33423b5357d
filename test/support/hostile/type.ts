import { expect } from "vitest";
import { type Run, run } from "../in-process.ts";
import type { Place } from "./cluster-places.ts";
import { lines, wordsOf } from "./lines.ts";
import { deceives, texts } from "./texts.ts";
import { world } from "./world.ts";

/** Types a line into a world with a hostile text in it. */
export function type(line: string, { lay, ports }: Partial<Place>, text: string, terminal: boolean): Promise<Run> {
  const made = world();
  lay?.(made, text);
  return run(wordsOf(line, text), { ...made.ports, terminal, ...ports?.(made, text) });
}

/** What of one run deceives its reader. Tabs stand before what completes a word, and lay out the messages of servers. */
export const judge = (line: string, { stdout, stderr }: Run, terminal: boolean): string[] => [
  ...deceives(stdout, { terminal, tabs: line.startsWith("__complete") }),
  ...deceives(stderr, { terminal, tabs: true }),
];

/** Every text on a terminal, and in a pipe, where nothing is colored, that of characters. */
export const ways = texts.flatMap((text, index) => [true, false].slice(0, index === 0 ? 2 : 1).map((terminal) => ({ ...text, terminal })));

/** Types every line, with each text in a place: none deceives. A place that no line prints would prove nothing. */
export async function typeAll(place: Place): Promise<void> {
  let printed = "";
  for (const { text, terminal } of ways)
    for (const line of lines) {
      const seen = await type(line, place, text, terminal);
      expect(judge(line, seen, terminal), line).toEqual([]);
      printed += seen.stdout + seen.stderr;
    }
  expect(printed.includes("evil")).toBe(true);
}

import { expect } from "vitest";
import { type Run, run } from "../in-process.ts";
import type { Place } from "./cluster-places.ts";
import { lines, wordsOf } from "./lines.ts";
import { deceives, texts } from "./texts.ts";
import { world } from "./world.ts";

/** Runs a command line in a world with a hostile text in it. */
export function type(line: string, { prepare, ports }: Partial<Place>, text: string, terminal: boolean): Promise<Run> {
  const made = world();
  prepare?.(made, text);
  return run(wordsOf(line, text), { ...made.ports, terminal, ...ports?.(made, text) });
}

/** Returns the lines of a run that deceive a reader. Tabs are allowed in the output of completion, and in servers' messages. */
export const judge = (line: string, { stdout, stderr }: Run, terminal: boolean): string[] => [
  ...deceives(stdout, { terminal, tabs: line.startsWith("__complete") }),
  ...deceives(stderr, { terminal, tabs: true }),
];

/** Every text on a terminal. Also the first one in a pipe, where the plugin prints no colors. */
export const ways = texts.flatMap((text, index) => [true, false].slice(0, index === 0 ? 2 : 1).map((terminal) => ({ ...text, terminal })));

/** Runs every line with each text in a place. No output may deceive. At least one must print the text, or none if it is dropped. */
export async function typeAll(place: Place): Promise<void> {
  let printed = "";
  for (const { text, terminal } of ways)
    for (const line of lines) {
      const seen = await type(line, place, text, terminal);
      expect(judge(line, seen, terminal), line).toEqual([]);
      printed += seen.stdout + seen.stderr;
    }
  expect(printed.includes("evil")).toBe(!place.isDropped);
}

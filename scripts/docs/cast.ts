import type { Terminal } from "../../sandbox/terminal.ts";
import { readTranscript, type Step } from "../../sandbox/transcript.ts";

/** The output of a terminal of this width, with its colors. */
export type Cast = { readonly width: number; readonly print: string };

/** The commands in the picture. */
const shown = /^kubectl acr-secret (create|check|list)/;

const size = { width: 100, height: 40 };

/** Returns the steps of a page (its text) in the picture: each command once, up to the run that has nothing to change. */
export const stepsShown = (page: string): Step[] =>
  readTranscript(page)
    .filter(({ quiet, command }) => !quiet && shown.test(command))
    .slice(0, 4);

/**
 * Types a page into a terminal. The commands in the picture run in a pseudo-terminal (util-linux script), so that their output has colors.
 *
 * @returns an asciicast v2 (https://docs.asciinema.org/manual/asciicast/v2/) with one second per command
 * @throws Error if a preparing command fails
 */
export async function recordCast(page: string, terminal: Terminal): Promise<string> {
  const wanted = new Set(stepsShown(page).map(({ line }) => line));
  const prints: string[] = [];
  for (const { line, quiet, command } of readTranscript(page)) {
    if (prints.length === wanted.size) break;
    const { printed, code } = await terminal.type(wanted.has(line) ? onPty(command) : command);
    if (quiet && code !== 0) throw new Error(`line ${line}: \`${command}\` failed:\n${printed.trimEnd()}`);
    if (wanted.has(line)) prints.push(`\u001b[32m$\u001b[39m \u001b[1m${command}\u001b[22m\r\n${printed}`);
  }
  const events = prints.map((print, at) => [at, "o", at === 0 ? print : `\r\n${print}`]);
  return [{ version: 2, ...size }, ...events].map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** Returns a command line that runs a command on a pseudo-terminal of the picture's size. */
const onPty = (command: string) =>
  `TERM=xterm-256color script --quiet --return --echo never --command ${quoted(`stty cols ${size.width} rows ${size.height}; ${command}`)} /dev/null`;

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

/** Reads an asciicast. @throws Error if it is invalid */
export function readCast(text: string): Cast {
  const [header, ...events] = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  if (header?.version !== 2) throw new Error("this is no asciicast of version 2");
  return { width: header.width, print: events.map(([, , print]) => print).join("") };
}

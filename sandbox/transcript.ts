/** A command of a page, the text before it, and its expected output. A `quiet` command prepares the page and must succeed. */
export type Step = {
  /** the line number of the command, from 1 */
  readonly line: number;
  /** the line number after the command and its output */
  readonly end: number;
  readonly prose: string;
  readonly command: string;
  readonly prints: string;
  readonly quiet: boolean;
};

type Open = Omit<Step, "prints"> & { command: string; end: number; readonly prints: string[] };

type Block = "prose" | "console" | "before" | "other";

/**
 * Returns the terminal sessions of a Markdown page: all blocks marked ```console.
 * A line that starts with `$ ` is a command. A line that starts with `> ` continues it. All other lines are output.
 * Commands that prepare the page are in a comment that starts with `<!-- before`.
 */
export function readTranscript(markdown: string): Step[] {
  const reading: Reading = { steps: [], prose: [] };
  let block: Block = "prose";
  for (const [index, text] of markdown.split("\n").entries()) {
    const next = after(block, text);
    if (next === block) read[block](reading, text, index + 1);
    block = next;
  }
  return reading.steps.map((step) => ({ ...step, prints: step.prints.join("\n").trim() }));
}

/** The part of a page that is read so far: its steps, and the sentences since the last visible step. */
type Reading = { readonly steps: Open[]; prose: string[] };

/** Reads a line, by the block that contains it. */
const read: { readonly [B in Block]: (reading: Reading, text: string, line: number) => void } = {
  prose({ prose }, text) {
    if (!text.startsWith("<!--")) prose.push(text);
  },
  before({ steps }, text, line) {
    steps.push({ line, end: line + 1, prose: "", command: text, prints: [], quiet: true });
  },
  console(reading, text, line) {
    if (!text.startsWith("$ ")) return goOn(reading.steps.at(-1), text);
    const prose = paragraphs(reading.prose);
    reading.steps.push({ line, end: line + 1, prose, command: text.slice(2), prints: [], quiet: false });
    reading.prose = [];
  },
  other() {},
};

/** Returns the block after a line. Only a line that opens or closes a block changes it. */
function after(block: Block, text: string): Block {
  if (text.startsWith("```")) return block !== "prose" ? "prose" : text === "```console" ? "console" : "other";
  if (block === "prose" && text === "<!-- before") return "before";
  return block === "before" && text === "-->" ? "prose" : block;
}

/** Reads a line after a command: its continuation, or its output. */
function goOn(step: Open | undefined, text: string): void {
  if (!step) return;
  step.end++;
  if (text.startsWith("> ") && step.prints.length === 0) step.command += `\n${text.slice(2)}`;
  else step.prints.push(text);
}

const paragraphs = (lines: readonly string[]) =>
  lines
    .join("\n")
    .trim()
    .replace(/\n{3,}/g, "\n\n");

/**
 * Returns a page with new output for its steps. All other bytes stay the same.
 *
 * @param prints one text for each step of `readTranscript`. A text that differs only in leading or trailing space leaves the page
 * unchanged.
 * @throws Error if the new text would change how the page is parsed
 */
export function withPrints(markdown: string, prints: readonly string[]): string {
  const lines = markdown.split("\n");
  const steps = readTranscript(markdown);
  // From the end, so that earlier line numbers stay valid.
  for (const [index, step] of [...steps.entries()].reverse()) {
    const wanted = prints[index] ?? step.prints;
    if (wanted.trim() !== step.prints) lines.splice(...placeOf(step, lines), ...(wanted === "" ? [] : wanted.split("\n")));
  }
  const page = lines.join("\n");
  const after = readTranscript(page);
  const lost = steps.find(({ command, prints: old }, index) => {
    const step = after[index];
    return step?.command !== command || step.prints !== (prints[index] ?? old).trim();
  });
  if (!lost) return page;
  const { line, command } = lost;
  throw new Error(`line ${line}: what \`${command}\` prints has a line that a page takes for a command or for a block's end`);
}

/** Returns the first line and the number of lines that show the output of a step, without empty lines around it. */
function placeOf({ line, end, command }: Step, lines: readonly string[]): [start: number, count: number] {
  let start = line - 1 + command.split("\n").length;
  let stop = end - 1;
  while (stop > start && lines[stop - 1]?.trim() === "") stop--;
  while (start < stop && lines[start]?.trim() === "") start++;
  return [start, stop - start];
}

/** Whether a terminal's output matches a page's text. `...` in the page stands for any text, also across lines. */
export function shows(promised: string, printed: string): boolean {
  return promiseOf(promised).test(printed.trim());
}

/** Returns a pattern that matches a whole text if the text is what the page promises. */
export function promiseOf(promised: string): RegExp {
  return new RegExp(`^${promised.split("...").map(literal).join("[^]*?")}$`);
}

const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

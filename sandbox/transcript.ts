/** A command of a page, the text that leads to it, and what it prints. `quiet` ones are typed before the reader comes and must succeed. */
export type Step = {
  /** of the command, counted from 1 */
  readonly line: number;
  /** the line behind the last that belongs to the command or to what it prints */
  readonly end: number;
  readonly prose: string;
  readonly command: string;
  readonly prints: string;
  readonly quiet: boolean;
};

type Open = Omit<Step, "prints"> & { command: string; end: number; readonly prints: string[] };

type Block = "prose" | "console" | "before" | "other";

/**
 * The terminal sessions of a Markdown page: every block marked ```console.
 * A line that starts with `$ ` is typed, one that starts with `> ` goes on with it, the rest is what appears.
 * Commands that a reader need not see stand in a comment that opens with `<!-- before`.
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

/** What was read of a page so far: its steps, and the sentences since the last one that a reader sees. */
type Reading = { readonly steps: Open[]; prose: string[] };

/** What a line means, by the block that it stands in. */
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

/** Where a page is after a line; the same as before unless the line opens or closes a block. */
function after(block: Block, text: string): Block {
  if (text.startsWith("```")) return block !== "prose" ? "prose" : text === "```console" ? "console" : "other";
  if (block === "prose" && text === "<!-- before") return "before";
  return block === "before" && text === "-->" ? "prose" : block;
}

/** A line below a command: more of it, or what it prints. */
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
 * A page with other texts in the place of what its steps print; all else stays byte for byte.
 *
 * @param prints one text for each step of `readTranscript`; one that differs only in the space around it leaves the page as it is
 * @throws Error where a text could not be told from the page around it
 */
export function withPrints(markdown: string, prints: readonly string[]): string {
  const lines = markdown.split("\n");
  const steps = readTranscript(markdown);
  // From the end, so that the places before keep their numbers
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

/** From where on, and over how many lines, a page shows what a step prints, without empty lines around it. */
function placeOf({ line, end, command }: Step, lines: readonly string[]): [start: number, count: number] {
  let start = line - 1 + command.split("\n").length;
  let stop = end - 1;
  while (stop > start && lines[stop - 1]?.trim() === "") stop--;
  while (start < stop && lines[start]?.trim() === "") start++;
  return [start, stop - start];
}

/** Whether a terminal shows what a page promises; `...` in the page stands for any text, over lines too. */
export function shows(promised: string, printed: string): boolean {
  return promiseOf(promised).test(printed.trim());
}

/** What a page promises, as a pattern for the whole of a text. */
export function promiseOf(promised: string): RegExp {
  return new RegExp(`^${promised.split("...").map(literal).join("[^]*?")}$`);
}

const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

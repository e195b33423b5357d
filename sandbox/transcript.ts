/** A command of a page, the text that leads to it, and what it prints. `quiet` ones are typed before the reader comes and must succeed. */
export type Step = {
  readonly line: number;
  readonly prose: string;
  readonly command: string;
  readonly prints: string;
  readonly quiet: boolean;
};

/**
 * The terminal sessions of a Markdown page: every block marked ```console.
 * A line that starts with `$ ` is typed, one that starts with `> ` goes on with it, the rest is what appears.
 * Commands that a reader need not see stand in a comment that opens with `<!-- before`.
 */
export function readTranscript(markdown: string): Step[] {
  const steps: { line: number; prose: string; command: string; prints: string[]; quiet: boolean }[] = [];
  let prose: string[] = [];
  let inside: "console" | "before" | "other" | undefined;
  for (const [index, text] of markdown.split("\n").entries()) {
    const step = steps.at(-1);
    if (text.startsWith("```")) inside = inside ? undefined : text === "```console" ? "console" : "other";
    else if (!inside && text === "<!-- before") inside = "before";
    else if (inside === "before" && text === "-->") inside = undefined;
    else if (inside === "before") type(index, text, true);
    else if (!inside && !text.startsWith("<!--")) prose.push(text);
    else if (inside !== "console") continue;
    else if (text.startsWith("$ ")) type(index, text.slice(2), false);
    else if (text.startsWith("> ") && step && step.prints.length === 0) step.command += `\n${text.slice(2)}`;
    else step?.prints.push(text);
  }
  return steps.map((step) => ({ ...step, prints: step.prints.join("\n").trim() }));

  function type(index: number, command: string, quiet: boolean): void {
    steps.push({
      line: index + 1,
      prose: quiet
        ? ""
        : prose
            .join("\n")
            .trim()
            .replace(/\n{3,}/g, "\n\n"),
      command,
      prints: [],
      quiet,
    });
    if (!quiet) prose = [];
  }
}

/** Whether a terminal shows what a page promises; `...` in the page stands for any text, over lines too. */
export function shows(promised: string, printed: string): boolean {
  const pattern = promised.split("...").map(literal).join("[^]*?");
  return new RegExp(`^${pattern}$`).test(printed.trim());
}

const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

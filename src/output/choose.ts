import type { Environment, Sink, Terminal } from "../env.ts";
import { openChoice, press } from "./choice.ts";
import { columnOf, linesOf, type Question } from "./choice-lines.ts";
import { styleFor } from "./style.ts";

/** Where a person is asked: what is drawn goes to stderr, since stdout has results only. */
export type Asking = { readonly terminal: Terminal; readonly stderr: Sink; readonly env: Environment };

/** A choice is one piece: lines that are too wide all the same, as those in wide letters, must not break. */
const [unbroken, broken] = ["\u001b[?7l", "\u001b[?7h"];

/** From what is typed back to the question, and all that is below taken away. */
const rub = "\r\u001b[1A\u001b[J";

/**
 * Has a person at a terminal choose several of these by their labels. What was drawn is gone at the end.
 *
 * @returns the chosen, in the order of the candidates; undefined where the person has refused
 * @throws CliError cancelled after Ctrl-C
 */
export async function choose<T>(
  question: Question,
  candidates: readonly { readonly label: string; readonly is: T }[],
  { terminal, stderr, env }: Asking,
): Promise<readonly T[] | undefined> {
  const style = styleFor(stderr, env);
  let choice = openChoice(candidates.map(({ label }) => label));
  const draw = (before: string) => {
    const size = terminal.size();
    const lines = linesOf(question, choice, size, style);
    const back = `\u001b[${lines.length - 2}A\u001b[${columnOf(choice, size)}G`;
    stderr.write(`${before}${unbroken}${lines.join("\r\n")}${back}${broken}`);
  };

  try {
    const { taken } = await terminal.until((event) => {
      if (event === "ready") return void draw("");
      if (event !== "resized") choice = press(choice, event);
      if (choice.state === "taken" || choice.state === "refused") return { taken: choice.state === "taken" };
      draw(rub);
      return undefined;
    });
    return taken ? candidates.filter((_, index) => choice.chosen.has(index)).map(({ is }) => is) : undefined;
  } finally {
    stderr.write(rub);
  }
}

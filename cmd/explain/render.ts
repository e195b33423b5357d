import { wrapped } from "../../src/output/wrap.ts";
import { type Explanation, wordsOf } from "./texts.ts";

/** As wide as text is read well, and where nobody knows how wide the terminal is. */
const widest = 80;

/** An explanation as a terminal shows it. @param columns of the terminal; 0 where that is not known */
export function rendered(explanation: Explanation, columns: number): string {
  const { id, of, means, says } = explanation;
  const words = wordsOf(explanation);
  const head = `${id} (${of})${words === undefined ? "" : `: ${words}`}`;
  const lines = (text: string) => wrapped(text, Math.min(widest, columns || widest)).join("\n");
  const blocks = says.map((block) => ("code" in block ? indented(block.code) : lines(block.text)));
  return [lines(head), lines(means), ...blocks].map((block) => `${block}\n`).join("\n");
}

/** Its text without lines that end at a width. */
export const plain = ({ says }: Explanation): string =>
  says.map((block) => ("code" in block ? indented(block.code) : block.text)).join("\n\n");

const indented = (code: string): string => code.replaceAll(/^/gm, "  ");

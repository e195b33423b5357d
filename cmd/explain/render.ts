import { type Explanation, wordsOf } from "./texts.ts";

/** As wide as text is read well, and where nobody knows how wide the terminal is. */
const widest = 80;

/** An explanation as a terminal shows it. @param columns of the terminal; 0 where that is not known */
export function rendered(explanation: Explanation, columns: number): string {
  const { id, of, means, says } = explanation;
  const words = wordsOf(explanation);
  const head = `${id} (${of})${words === undefined ? "" : `: ${words}`}`;
  const width = Math.min(widest, columns || widest);
  const blocks = says.map((block) => ("code" in block ? indented(block.code) : wrapped(block.text, width)));
  return [wrapped(head, width), wrapped(means, width), ...blocks].map((block) => `${block}\n`).join("\n");
}

/** Its text without lines that end at a width. */
export const plain = ({ says }: Explanation): string =>
  says.map((block) => ("code" in block ? indented(block.code) : block.text)).join("\n\n");

const indented = (code: string): string => code.replaceAll(/^/gm, "  ");

/** Words in lines of a width. */
function wrapped(text: string, width: number): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join("\n");
}

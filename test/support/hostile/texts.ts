const from = (...spans: readonly (readonly [number, number])[]) =>
  spans.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => String.fromCharCode(first + index))).join("");

/** Returns a text that a tenant may write into a field, between two words by which a test finds it in the output. */
const between = (text: string) => `evil${text}live`;

const characters = from([0x00, 0x09], [0x0b, 0x1f], [0x7f, 0x9f], [0x61c, 0x61c], [0x200e, 0x200f], [0x202a, 0x202e], [0x2066, 0x2069]);
const sequences = "\u001b[2J\u001b[7A\u009b35m\u001b]0;title\u0007\u001b]8;;https://x\u001b\\link\u001bc\u001b[35m\b\u007f";

/** Texts that would move the cursor, or color, hide, reorder or forge the output. */
export const texts = [
  { tries: "control characters, sequences and marks of direction", text: between(`${characters}\ufeff${sequences}\u202egnp.tset\u2069`) },
  {
    tries: "lines like ours",
    text: between("\r\nforged/secret created\nforged: error\u2028forged\u2029forged\u0085forged\rforged\u000bforged\n"),
  },
] as const;

/** The sequences with which chalk colors output on a terminal: bold, dim, red, yellow and green, and their end. */
const ours = /\u001b\[(?:1|2|22|31|32|33|39)m/g;

const forbidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

/** Returns the lines of an output that could deceive a reader. @param tabs whether tabs are allowed in it */
export function deceives(printed: string, { terminal, tabs }: { terminal: boolean; tabs: boolean }): string[] {
  const lines = (terminal ? printed.replace(ours, "") : printed).split("\n");
  return lines.filter((line) => forbidden.test(line) || (!tabs && line.includes("\t")) || /^\s*forged/.test(line));
}

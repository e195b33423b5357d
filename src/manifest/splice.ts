/** Characters that go, and what comes in their place. */
export type Splice = { readonly from: number; readonly to: number; readonly text: string };

export const insert = (at: number, text: string): Splice => ({ from: at, to: at, text });

export const remove = (from: number, to: number): Splice => ({ from, to, text: "" });

/** A text with all of these done at once; everything else stays as it is, also that the last line has no end. */
export function spliced(text: string, splices: readonly Splice[]): string {
  const ordered = splices.toSorted((a, b) => a.from - b.from);
  const parts = ordered.map(({ from, text: added }, index) => text.slice(ordered[index - 1]?.to ?? 0, from) + added);
  const made = parts.join("") + text.slice(ordered.at(-1)?.to ?? 0);
  return text.endsWith("\n") ? made : made.replace(/\r?\n$/, "");
}

/** Whole lines at the beginning of a line, or behind a last line that has no end. */
export function insertLines(text: string, at: number, lines: readonly string[], eol: string): Splice {
  const open = at > 0 && text[at - 1] !== "\n";
  return insert(at, open ? lines.map((line) => eol + line).join("") : lines.map((line) => line + eol).join(""));
}

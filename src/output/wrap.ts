/** A word of prose, or a command in double quotes: that stays on one line, whatever the width. */
const word = /"kubectl [^"]*"\S*|\S+/g;

/** Returns a text as lines of whole words; a word that is wider has a line of its own. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const [part] of text.matchAll(word)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + part.length > width) lines.push(part);
    else lines[lines.length - 1] = `${last} ${part}`;
  }
  return lines;
}

/** Returns the words of a text that fit a width, and `…` for the rest. */
export function shortened(text: string, width: number): string {
  if (text.length <= width) return text;
  const fitting = text.slice(0, Math.max(0, width - 1));
  const end = fitting.lastIndexOf(" ");
  return `${end > 0 ? fitting.slice(0, end) : fitting}…`.slice(0, Math.max(0, width));
}

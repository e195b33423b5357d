/** As wide as a line of a page's source may be, so that its reader (and mandoc) is content with it. */
const width = 76;

/** What roff would take for something else than the letter that it is. */
const letters: Readonly<Record<string, string>> = {
  "\\": "\\(rs",
  "-": "\\-",
  "'": "\\(aq",
  '"': "\\(dq",
  "`": "\\(ga",
  "^": "\\(ha",
  "~": "\\(ti",
};

/** A text as roff shows it, letter by letter. */
export const literal = (text: string): string =>
  [...text]
    .map(
      (letter) => letters[letter] ?? (letter > "~" ? `\\[u${letter.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}]` : letter),
    )
    .join("");

/** A word to be typed as it stands. */
export const bold = (text: string): string => `\\fB${literal(text)}\\fR`;

/** A paragraph in lines of source; no word of it begins a request. */
export function paragraph(text: string): string {
  const lines: string[] = [];
  for (const word of literal(text).split(/\s+/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.map(inert).join("");
}

/** A line of source that shows as it stands. */
export const inert = (line: string): string => `${line.replace(/^(?=[.'])/, "\\&")}\n`;

/** Lines that keep their breaks. */
export const verbatim = (lines: readonly string[]): string => `.nf\n${lines.map((line) => inert(literal(line))).join("")}.fi\n`;

/** A term, and under it what it means. */
export const term = (head: string, meaning: string): string => `.TP\n${inert(head)}${paragraph(meaning)}`;

export const section = (title: string, ...body: readonly string[]): string => (body.length === 0 ? "" : `.SH ${title}\n${body.join("")}`);

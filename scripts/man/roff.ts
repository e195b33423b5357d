/** The maximum line width of a page's source, which mandoc accepts without a warning. */
const width = 76;

/** Characters with a special meaning in roff. */
const letters: Readonly<Record<string, string>> = {
  "\\": "\\(rs",
  "-": "\\-",
  "'": "\\(aq",
  '"': "\\(dq",
  "`": "\\(ga",
  "^": "\\(ha",
  "~": "\\(ti",
};

/** Escapes a text so that roff prints each character unchanged. */
export const literal = (text: string): string =>
  [...text]
    .map(
      (letter) => letters[letter] ?? (letter > "~" ? `\\[u${letter.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}]` : letter),
    )
    .join("");

export const bold = (text: string): string => `\\fB${literal(text)}\\fR`;

/** Formats a paragraph as source lines. No word can start a request. */
export function paragraph(text: string): string {
  const lines: string[] = [];
  for (const word of literal(text).split(/\s+/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.map(inert).join("");
}

/** Escapes a source line so that it is no request. */
export const inert = (line: string): string => `${line.replace(/^(?=[.'])/, "\\&")}\n`;

/** Formats lines and keeps their line breaks. */
export const verbatim = (lines: readonly string[]): string => `.nf\n${lines.map((line) => inert(literal(line))).join("")}.fi\n`;

/** Formats a term with its description below it. */
export const term = (head: string, meaning: string): string => `.TP\n${inert(head)}${paragraph(meaning)}`;

export const section = (title: string, ...body: readonly string[]): string => (body.length === 0 ? "" : `.SH ${title}\n${body.join("")}`);

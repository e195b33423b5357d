/** Where the line begins on which a character stands. */
export const lineStart = (text: string, at: number): number => text.lastIndexOf("\n", at - 1) + 1;

/** Where the next line begins, or the text's end. */
export function nextLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end + 1;
}

/** How the line ends on which a character stands; the last one as the text's first. */
export function lineBreak(text: string, at: number): string {
  const end = text.indexOf("\n", at);
  const counts = end < 0 ? text.indexOf("\n") : end;
  return text[counts - 1] === "\r" ? "\r\n" : "\n";
}

/** What stands before a character on its line, where that is nothing but spaces and tabs. */
export function indentBefore(text: string, at: number): string | undefined {
  const before = text.slice(lineStart(text, at), at).replace(/^\ufeff/, "");
  return /^[ \t]*$/.test(before) ? before : undefined;
}

/** In which column of its line a character stands, from 0. */
export const columnOf = (text: string, at: number): number => text.slice(lineStart(text, at), at).replace(/^\ufeff/, "").length;

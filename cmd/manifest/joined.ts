/**
 * Several manifests as one that kubectl reads: a mark before each that does not begin with one, and a byte order mark at most before all. JSON gets one at the very beginning too,
 * since kubectl takes a stream that begins with a brace for nothing but JSON.
 */
export function joined(texts: readonly string[]): string {
  const [only, ...more] = texts;
  if (more.length === 0) return only ?? "";
  return [only ?? "", ...more.map((text) => text.replace(/^\ufeff/, ""))].map((text, index) => mark(text, index) + ended(text)).join("");
}

function mark(text: string, index: number): string {
  if (/^\ufeff?---(?:\s|$)/.test(text)) return "";
  return index > 0 || /^\ufeff?\s*\{/.test(text) ? "---\n" : "";
}

const ended = (text: string) => (text === "" || text.endsWith("\n") ? text : `${text}\n`);

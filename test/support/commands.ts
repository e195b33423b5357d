import { readTranscript } from "../../sandbox/transcript.ts";

/** A command of ours that is printed somewhere: the words behind `kubectl acr-secret`, and what stands there, to find it again. */
export type Printed = { readonly text: string; readonly argv: readonly string[] };

/** The commands in a text, each up to where a shell or a sentence ends it. Words in capitals and `...` stand for a value. */
export function commandsIn(text: string): Printed[] {
  const starts = [...text.matchAll(/\bkubectl acr-secret(?= [^\s(])/g)];
  return starts.map(({ index, 0: { length } }) => {
    const { words, end } = readWords(text, index + length);
    return { text: text.slice(index, end), argv: words.map(fillIn) };
  });
}

/** The commands of a page: what is typed in its sessions, what these print, and inline code. */
export function commandsOfPage(markdown: string): Printed[] {
  const steps = readTranscript(markdown).flatMap(({ command, prints }) => [command.replaceAll("\\\n", ""), prints]);
  const inline = markdown.replace(/^```[\s\S]*?^```/gm, "").match(/`[^`]+`/g) ?? [];
  return [...steps, ...inline].flatMap(commandsIn);
}

/** The commands in a source's texts: what is no comment, with a value where a template has one. A verb that a template fills in is not known here. */
export function commandsOfSource(source: string): Printed[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*/g, "$1");
  return code
    .replace(/\$\{[^{}]*\}/g, "VALUE")
    .split("\n")
    .flatMap(commandsIn)
    .filter(({ argv: [verb = ""] }) => verb !== "value" && !verb.startsWith("["));
}

const ends = new Set([..."\n;|&<>()`"]);

/** Words as a shell splits them. A quote within a word belongs to the sentence around it. */
function readWords(text: string, from: number): { words: string[]; end: number } {
  const words: string[] = [];
  let at = from;
  for (;;) {
    while (text[at] === " ") at++;
    const word = readWord(text, at);
    if (word.end === at) return { words, end: at };
    const said = /[,.:?!]$/.test(word.value) && !word.value.endsWith("...");
    words.push(said ? word.value.slice(0, -1) : word.value);
    at = word.end;
    if (said || text[at] !== " ") return { words, end: at };
  }
}

function readWord(text: string, from: number): { value: string; end: number } {
  let value = "";
  let at = from;
  for (; at < text.length; at++) {
    const char = text[at] ?? "";
    const quote = char === '"' || char === "'";
    const close = quote && (at === from || text[at - 1] === "=") ? text.indexOf(char, at + 1) : -1;
    if (close > 0) {
      value += text.slice(at + 1, close);
      at = close;
    } else if (quote || char === " " || ends.has(char)) break;
    else value += char;
  }
  return { value, end: at };
}

function fillIn(word: string): string {
  if (word === "COMMAND") return "list";
  return word.replaceAll("...", "x").replace(/(?<![\w$])[A-Z][A-Z_]+\b/g, (name) => name.toLowerCase());
}

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
  const code = source.replace(/(?<![\w*'"])\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*/g, "$1");
  return code
    .replace(/\$\{[^{}]*\}/g, "VALUE")
    .split("\n")
    .flatMap(commandsIn)
    .filter(({ argv: [verb = ""] }) => verb !== "value" && !verb.startsWith("["));
}

/** A word, or a sentence's mark behind it: quoted as a whole, a flag with a quoted value, or plain up to where it ends. */
const word = / *((?:[^ \n;|&<>()`'"]*=)?(?:"[^"]*"|'[^']*'))| *([^ \n;|&<>()`'"]+)/y;

/** Words as a shell splits them. A quote within a word belongs to the sentence around it. */
function readWords(text: string, from: number): { words: string[]; end: number } {
  const words: string[] = [];
  let end = from;
  for (let said = false; !said; ) {
    word.lastIndex = end;
    const [all, quoted, plain] = word.exec(text) ?? [];
    if (all === undefined) break;
    end += all.length;
    const value = quoted === undefined ? (plain ?? "") : quoted.replace(/^([^'"]*)(['"])(.*)\2$/s, "$1$3");
    said = plain !== undefined && /[,.:?!]$/.test(value) && !value.endsWith("...");
    words.push(said ? value.slice(0, -1) : value);
    said ||= text[end] !== " ";
  }
  return { words, end };
}

function fillIn(word: string): string {
  if (word === "COMMAND") return "list";
  if (word === "ID") return "pulls";
  if (word.startsWith("TARGET")) return "deployment/web";
  return word.replaceAll("...", "x").replace(/(?<![\w$])[A-Z][A-Z_]+\b/g, (name) => name.toLowerCase());
}

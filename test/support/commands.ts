import { readTranscript } from "../../sandbox/transcript.ts";

/** A printed command of this plugin: the arguments of `kubectl acr-secret`, and the original text, by which a test finds it. */
export type Printed = { readonly text: string; readonly argv: readonly string[] };

/** Returns the commands in a text. A command ends where a shell or a sentence ends it. Words in capitals, `...` and the variables of a shell stand for a value. */
export function commandsIn(text: string): Printed[] {
  const starts = [...text.matchAll(/\bkubectl acr-secret(?= [^\s(])/g)];
  return starts.map(({ index, 0: { length } }) => {
    const { words, end } = readWords(text, index + length);
    return { text: text.slice(index, end), argv: words.map(fillIn) };
  });
}

/** Returns the commands of a page: those of its sessions, those in their output, and inline code. */
export function commandsOfPage(markdown: string): Printed[] {
  const steps = readTranscript(markdown).flatMap(({ command, prints }) => [command.replaceAll("\\\n", ""), prints]);
  const inline = markdown.replace(/^```[\s\S]*?^```/gm, "").match(/`[^`]+`/g) ?? [];
  return [...steps, ...inline].flatMap(commandsIn);
}

/**
 * Returns the commands in a source's strings. Comments do not count. VALUE replaces the variables of a template. A command whose verb is a
 * variable is skipped.
 */
export function commandsOfSource(source: string): Printed[] {
  const code = source.replace(/(?<![\w*'"])\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*/g, "$1");
  return code
    .replace(/\$\{[^{}]*\}/g, "VALUE")
    .split("\n")
    .flatMap(commandsIn)
    .filter(({ argv: [verb = ""] }) => verb !== "value" && !verb.startsWith("["));
}

/** A word with the punctuation after it: quoted as a whole, a flag with a quoted value, or unquoted. */
const word = / *((?:[^ \n;|&<>()`'"]*=)?(?:"[^"]*"|'[^']*'))| *([^ \n;|&<>()`'"]+)/y;

/** Splits words like a shell. A quotation mark within a word belongs to the surrounding sentence. */
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
  return word
    .replace(/^\$(?=\w+$)/, "")
    .replaceAll("...", "x")
    .replace(/(?<![\w$])[A-Z][A-Z_]+\b/g, (name) => name.toLowerCase());
}

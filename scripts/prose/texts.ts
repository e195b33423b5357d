import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Node, SourceFile } from "typescript/unstable/ast";
import { SyntaxKind } from "typescript/unstable/ast";
import { API } from "typescript/unstable/sync";
import { root } from "../run.ts";

/** A text of the sources, in one line, and where it is. */
export type Text = { readonly file: string; readonly line: number; readonly text: string };

/** The texts of the sources by kind. `messages` are all texts that a user can meet, with the help and the explanations. */
export type Texts = Record<"messages" | "comments" | "tests" | "rows", Text[]>;

/** Reads the texts of all sources in git. */
export function readTexts(): Texts {
  const texts: Texts = { messages: explanations(), comments: [], tests: [], rows: [] };
  const api = new API();
  try {
    const [project] = api.updateSnapshot({ openProjects: [join(root, "tsconfig.json")] }).getProjects();
    for (const file of listFiles("*.ts")) {
      const source = project?.program.getSourceFile(join(root, file));
      if (source) collect(source, file, texts);
    }
  } finally {
    api.close();
  }
  return texts;
}

/** Returns the paths of git's files that match a pattern. */
export function listFiles(...patterns: string[]): string[] {
  return execFileSync("git", ["ls-files", "-z", "--", ...patterns], { cwd: root, encoding: "utf8" })
    .split("\0")
    .filter(Boolean);
}

const explanationFile = "cmd/explain/texts.json";

function explanations(): Text[] {
  const lines = readFileSync(join(root, explanationFile), "utf8").split("\n");
  return lines.flatMap((line, index) =>
    [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)]
      .map(([, text = ""]) => ({ file: explanationFile, line: index + 1, text }))
      .filter(({ text }) => isSentence(text)),
  );
}

function collect(source: SourceFile, file: string, texts: Texts): void {
  const { text } = source;
  const lineStarts = source.getLineStarts();
  const lineAt = (position: number) => lineStarts.findLastIndex((start) => start <= position) + 1;
  const add = (kind: keyof Texts, position: number, words: string) => {
    // A message, unlike a comment, is printed with its line breaks
    for (const part of kind === "comments" ? [words] : words.split("\n"))
      if (isSentence(part)) texts[kind].push({ file, line: lineAt(position), text: part.replace(/\s+/g, " ").trim() });
  };
  const isProduct = /^(cmd|src)\//.test(file);
  const kindOf = (node: Node): keyof Texts | undefined => {
    if (!isText(node)) return undefined;
    if (isProduct) return "messages";
    if (isTestName(node, source)) return "tests";
    return isRowName(node, source) ? "rows" : undefined;
  };
  const visit = (node: Node): void => {
    const kind = kindOf(node);
    if (kind) add(kind, node.getStart(source), wordsOf(node, source));
    node.forEachChild(visit);
  };
  visit(source);
  for (const { at, words } of comments(text)) add("comments", at, words);
}

/** At least three words. Shorter texts are names, keys and fragments. */
const isSentence = (text: string) => /\p{L}{2,}.*\s\S*\p{L}{2,}.*\s\S*\p{L}{2,}/su.test(text);

const isText = ({ kind }: Node) =>
  [SyntaxKind.StringLiteral, SyntaxKind.NoSubstitutionTemplateLiteral, SyntaxKind.TemplateExpression].includes(kind);

/** The text of a string. Each `${value}` becomes X. */
function wordsOf(node: Node, source: SourceFile): string {
  const raw = node.getText(source).slice(1, -1);
  return raw
    .replace(/\$\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}/g, "X")
    .replace(/\\n/g, " ")
    .replace(/\\(.)/g, "$1");
}

/** Whether a string is the name of a test: an argument of `test(…)` or `test.each(…)(…)`. */
function isTestName({ parent }: Node, source: SourceFile): boolean {
  return parent?.kind === SyntaxKind.CallExpression && /^(test|it|describe)\b/.test(parent.getText(source));
}

/** Whether a string describes a row of a table of tests. */
function isRowName({ parent }: Node, source: SourceFile): boolean {
  return parent?.kind === SyntaxKind.PropertyAssignment && /^(name|why|when|given|situation|case)\b/.test(parent.getText(source));
}

/**
 * The comments of a file. Adjacent line comments are one comment. A paragraph, an item of a list and a tag of a docstring are texts of their
 * own.
 */
function* comments(text: string): Generator<{ at: number; words: string }> {
  const pattern = /(?:^|(?<=[\s;{(,]))(?:\/\*\*?(?<block>[\s\S]*?)\*\/|(?<lines>\/\/ .*(?:\n[ \t]*\/\/ .*)*))/gm;
  for (const match of text.matchAll(pattern)) {
    const { block, lines } = match.groups ?? {};
    const words = block?.replace(/^\s*\* ?/gm, "") ?? lines?.replace(/^\s*\/\/ /gm, "") ?? "";
    for (const part of words.split(/\n\s*\n|\s(?=@\w+ )|\n\s*[-*] /))
      yield { at: match.index, words: part.replace(/^\s*@(?:param \w+|\w+)/, "") };
  }
}

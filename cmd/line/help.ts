import { wrapped } from "../../src/output/printable.ts";
import type { Verb, VerbRow } from "../verb.ts";
import { descriptionOf, type Flag, type Flags, isList } from "./flags.ts";

/** Refers to the flags that the help of a verb doesn't show. */
const ofAll = 'Use "kubectl acr-secret options" for a list of global command-line options (applies to all commands).';

/**
 * Returns the flags of a command in kubectl's form: the flag with its default, and its description on the next line.
 * @param columns the width of the terminal; 0 if unknown
 */
export function flagLines(flags: Flags, columns: number): string {
  const step = columns === 0 || columns >= 60 ? 4 : 2;
  const [beside, below] = [" ".repeat(step), " ".repeat(2 * step)];
  return Object.entries(flags)
    .filter(([, { hidden }]) => !hidden)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, flag]) => {
      const spelled = `${flag.short ? `-${flag.short}, ` : ""}--${name}=${shownDefault(flag)}`;
      return `${beside}${spelled}:\n${below}${wrap(descriptionOf(flag), 100, columns, 2 * step)}\n\n`;
    })
    .join("");
}

/** Returns the help of one verb in the layout of `kubectl create --help`. @param columns the width of the terminal; 0 if unknown */
export function verbHelp({ summary, description, findings, examples, flags, usage }: Verb, columns: number): string {
  const shown = examples.map((line) => `  ${line}\n${line.startsWith("#") ? "" : "\n"}`).join("");
  return [
    `${wrap(`${summary}.`, 110, columns, 0)}\n`,
    ...[description, findings && exitCodes(findings)].map((text) => (text ? `\n${wrap(text, 110, columns, 0)}\n` : "")),
    `\nExamples:\n${shown.trimEnd()}\n`,
    ...(Object.keys(flags).length > 0 ? [`\nOptions:\n${flagLines(flags, columns).trimEnd()}\n`] : []),
    `\nUsage:\n  kubectl acr-secret ${usage} [options]\n`,
    `\n${wrap(ofAll, 110, columns, 0)}\n`,
  ].join("");
}

const exitCodes = (findings: string) => `The exit code is 0 on success, 1 if ${findings}, and 2 for an error, even if 1 applies too.`;

/** Returns the output of `kubectl acr-secret` without arguments. @param columns the width of the terminal; 0 if unknown */
export function overview(verbs: readonly VerbRow[], columns: number): string {
  const width = Math.max(...verbs.map(({ name }) => name.length));
  return [
    `${wrap("Create, prove and attach Azure Container Registry pull secrets.", 110, columns, 0)}\n`,
    "\nExamples:\n  # From an image that cannot be pulled to pods that run\n  kubectl acr-secret create --registry myregistry --serviceaccount default\n",
    `\nAvailable Commands:\n${verbs.map(({ name, summary }) => `  ${name.padEnd(width)}   ${wrap(summary, 110, columns, width + 5)}\n`).join("")}`,
    "\nUsage:\n  kubectl acr-secret [flags] [options]\n",
    `\n${wrap('Use "kubectl acr-secret COMMAND --help" for more information about a given command.', 110, columns, 0)}\n`,
    `${wrap(ofAll, 110, columns, 0)}\n`,
  ].join("");
}

/** Returns a flag's default as kubectl prints it. */
export function shownDefault(flag: Flag): string {
  if (flag.type === "boolean") return String(flag.default ?? false);
  return isList(flag) ? "[]" : `'${flag.default ?? ""}'`;
}

/** Wraps a text to the width of the terminal, and indents all lines after the first. */
const wrap = (text: string, widest: number, columns: number, indent: number): string =>
  wrapped(text, columns === 0 ? widest : Math.max(1, Math.min(widest, columns - indent))).join(`\n${" ".repeat(indent)}`);

import { wrapped } from "../../src/output/printable.ts";
import { home, pagesAddress } from "../project.ts";
import type { Verb, VerbRow } from "../verb.ts";
import { type Flag, type Flags, isList, scriptGroup, signInGroup } from "./flags.ts";

/** The width of the help if the terminal's width is unknown, and its maximum. */
const [usualWidth, maximumWidth] = [80, 120];

/** The column in which the descriptions of flags start. */
const column = 36;

/** Below this width, the description of a flag is below the flag. */
const minimumWidth = 72;

/** Returns the flags that the help shows, by their headings, in the order of their definition. */
export function groupsOf(flags: Flags): ReadonlyMap<string, readonly (readonly [name: string, flag: Flag])[]> {
  const shown = Object.entries(flags).filter(([, { hidden }]) => !hidden);
  return Map.groupBy(shown, ([, { group = "Flags" }]) => group);
}

/** Returns the flags that the help of a verb lists. */
export const listedFlags = ({ flags, listed }: Pick<Verb, "flags" | "listed">): Flags =>
  listed ?? Object.fromEntries(Object.entries(flags).filter(([, { isShared }]) => !isShared));

/** Returns a flag as it is typed, with a placeholder for its value: `--restart stuck|all|none`, `--serviceaccount[=NAME,...]`. */
export function typedForm(name: string, { type, bare, choices, value = choices?.join("|") ?? "VALUE" }: Flag): string {
  if (type === "boolean") return `--${name}`;
  const typed = type === "strings" ? `${value},...` : value;
  return bare === undefined ? `--${name} ${typed}` : `--${name}[=${typed}]`;
}

export const defaultOf = ({ fallback, default: value }: Flag): string | undefined => fallback ?? (value ? String(value) : undefined);

export const descriptionOf = (flag: Flag): string => `${flag.describe}${isList(flag) ? ". Repeatable" : ""}`;

/** Returns the flags of a command in groups, with their descriptions in a column. @param columns the width of the terminal; 0 if unknown */
export function flagLines(flags: Flags, columns: number): string {
  const width = widthFor(columns);
  const groups = [...groupsOf(flags)].map(
    ([group, rows]) => `${group}:\n${rows.map(([name, flag]) => `${flagRow(name, flag, width)}\n`).join("")}`,
  );
  return groups.join("\n");
}

function flagRow(name: string, flag: Flag, width: number): string {
  const isNarrow = width < minimumWidth;
  const typed = `  ${flag.short ? `-${flag.short}, ` : isNarrow ? "" : "    "}${typedForm(name, flag)}`;
  const fallback = defaultOf(flag);
  const indent = isNarrow ? 6 : column;
  const text = indented(`${descriptionOf(flag)}${fallback === undefined ? "" : ` (default: ${fallback})`}`, width, indent);
  return typed.length >= indent ? `${typed}\n${" ".repeat(indent)}${text}` : `${typed.padEnd(indent)}${text}`;
}

export function verbHelp(verb: Verb, columns: number): string {
  const { name, page = name, summary, description = [], examples, usage } = verb;
  const flags = listedFlags(verb);
  const width = widthFor(columns);
  const shown = examples.map((line) => `  ${line}\n${line.startsWith("#") ? "" : "\n"}`).join("");
  return [
    ...[`${summary}.`, ...description].map((text) => `${indented(text, width)}\n\n`),
    usageLines(usage),
    `Examples:\n${shown}`,
    ...(Object.keys(flags).length > 0 ? [flagLines(flags, columns), "\n"] : []),
    `${indented(exitCodes(verb), width)}\n`,
    `More: ${pagesAddress}${page}.md\n`,
    ...(verb.listed ? [] : [`${indented(moreFlags(verb.flags), width)}\n`]),
  ].join("");
}

/** Returns the meaning of each exit code of a verb. 2 takes precedence over 1. */
function codesOf({ findings, flags }: Partial<Verb>): Readonly<Record<string, string>> {
  const isOnSeveral = flags && ("namespaces" in flags || "all-serviceaccounts" in flags);
  const failure = isOnSeveral ? "error, or at least one object failed" : "error";
  return {
    0: "success",
    ...(findings === undefined ? { 1: failure } : { 1: `${findings}, or a flag is invalid`, 2: unreadable }),
    130: "interrupted",
  };
}

const unreadable = "a cluster, a namespace or a named object cannot be read, even if 1 applies too";

const diffCodes = "With --diff: 0 no changes, 1 changes, 2 error.";

function exitCodes(verb: Verb): string {
  const codes = Object.entries(codesOf(verb)).map(([code, means]) => `${code} ${means}`);
  return `Exit codes: ${codes.join("; ")}.${verb.flags["diff"] ? ` ${diffCodes}` : ""}`;
}

/** Returns the sentence that names the flags of a verb that its help doesn't list. */
function moreFlags(flags: Flags): string {
  const groups = new Set(Object.values(flags).flatMap(({ isShared, group }) => (isShared ? [group] : [])));
  const others = [...(groups.has(signInGroup) ? ["of the Azure sign-in"] : []), ...(groups.has(scriptGroup) ? ["for scripts"] : [])];
  const all = [others.join(", "), "of every command"].filter(Boolean).join(" and ");
  return ['Run "kubectl acr-secret options" to list the flags', `${all}.`].join(" ");
}

/** Returns the output of `kubectl acr-secret` without arguments. @param columns the width of the terminal; 0 if unknown */
export function overview(verbs: readonly VerbRow[], columns: number): string {
  const width = widthFor(columns);
  const first = Math.max(...verbs.map(({ name }) => name.length)) + 5;
  return [
    `${indented("Create, attach, check and rotate pull secrets for Azure Container Registry.", width)}\n\n`,
    usageLines("COMMAND"),
    "Examples:\n  # Let the default ServiceAccount pull the images that its pods use\n",
    "  kubectl acr-secret create --registry myregistry --serviceaccount default\n\n",
    `Commands:\n${verbs.map(({ name, summary }) => `${`  ${name}`.padEnd(first)}${indented(summary, width, first)}\n`).join("")}\n`,
    `${indented('Run "kubectl acr-secret COMMAND --help" for the help of a command.', width)}\n`,
    `${indented(moreFlags({}), width)}\n`,
    `More: ${home}\n`,
  ].join("");
}

const usageLines = (usage: string): string => `Usage:\n  kubectl acr-secret ${usage} [options]\n\n`;

const widthFor = (columns: number): number => Math.min(columns || usualWidth, maximumWidth);

const indented = (text: string, width: number, indent = 0): string =>
  wrapped(text, Math.max(1, width - indent)).join(`\n${" ".repeat(indent)}`);

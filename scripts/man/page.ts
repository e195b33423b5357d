import { type Flag, type Flags, sharedFlags } from "../../cmd/line/flags.ts";
import { codesOf, defaultOf, descriptionOf, diffCodes, groupsOf, listedFlags, moreFlags, typedForm } from "../../cmd/line/help.ts";
import { global } from "../../cmd/line/kubectl-flags.ts";
import { home, pagesAddress } from "../../cmd/project.ts";
import type { Verb } from "../../cmd/verb.ts";
import { bold, inert, literal, paragraph, section, term, verbatim } from "./roff.ts";

/** The version and the date (`YYYY-MM-DD`) on every page. */
export type Edition = { readonly version: string; readonly day: string };

/** Returns the name of a verb's page, or of the main page without a verb. */
export const pageName = (verb?: string): string => ["kubectl-acr-secret", ...(verb === undefined ? [] : [verb])].join("-");

/** Returns the page of one verb (man(7)), from the metadata of its help. */
export function verbPage(verb: Verb, all: readonly Verb[], edition: Edition): string {
  const { name, page = name, summary, description = [`${summary}.`], examples, flags, usage } = verb;
  return [
    heading(pageName(name), summary, edition),
    section("SYNOPSIS", synopsis(`${usage} [options]`)),
    section("DESCRIPTION", description.map(paragraph).join(".PP\n")),
    section("OPTIONS", ...options(listedFlags(verb)), ".SS Shared options\n", paragraph(moreFlags(flags))),
    section("EXAMPLES", ...exampleLines(examples)),
    section("EXIT STATUS", ...exitStatus(verb), ...(flags["diff"] ? [`.PP\n${paragraph(diffCodes)}`] : [])),
    section("SEE ALSO", seeAlso([undefined, ...all.filter((other) => other !== verb).map((other) => other.name)], page)),
  ].join("");
}

/** Returns the main page: the verbs, and the flags that they share. */
export function mainPage(all: readonly Verb[], about: string, edition: Edition): string {
  return [
    heading(pageName(), about, edition),
    section("SYNOPSIS", synopsis("COMMAND [options]")),
    section("DESCRIPTION", paragraph(`${about}. A plugin for kubectl, which must be on your PATH. Accepts kubectl's own flags.`)),
    section("COMMANDS", ...all.map(({ name, summary }) => term(bold(name), `${summary}.`))),
    section("GLOBAL OPTIONS", ...options({ ...global, ...sharedFlags })),
    section("EXIT STATUS", ...exitStatus({})),
    section("ENVIRONMENT", ...environment.map(([name, means]) => term(bold(name), means))),
    section("FILES", term(bold("pod-NAMESPACE-NAME.json"), "The manifest of a pod that --recreate recreates, until the new pod exists.")),
    section("SEE ALSO", seeAlso(all.map(({ name }) => name))),
  ].join("");
}

function heading(name: string, summary: string, { version, day }: Edition): string {
  const title = `.TH ${name.toUpperCase()} 1 ${day} "kubectl acr-secret ${version}" "kubectl acr-secret"\n.nh\n.ad l\n`;
  // Command names are not hyphenated.
  return title + section("NAME", paragraph(`${name} - ${summary}`));
}

/** Formats literal words in bold, and placeholders as plain text. */
const synopsis = (usage: string): string => {
  const [verb = "", ...rest] = usage.split(" ");
  const typed = /^[a-z]/.test(verb) ? `kubectl acr-secret ${verb}` : "kubectl acr-secret";
  return inert([bold(typed), ...(/^[a-z]/.test(verb) ? rest : [verb, ...rest]).map(literal)].join(" "));
};

/** Returns the flags that the help shows, in its groups and its order. */
const options = (flags: Flags): string[] =>
  [...groupsOf(flags)].flatMap(([group, rows]) => [`.SS ${literal(group)}\n`, ...rows.map(([name, flag]) => option(name, flag))]);

function option(name: string, flag: Flag): string {
  const [, typed = "", value = ""] = /^([^ [=]*)(.*)$/.exec(typedForm(name, flag)) ?? [];
  const fallback = defaultOf(flag);
  const text = `${descriptionOf(flag)}.${fallback === undefined ? "" : ` Default: ${fallback}.`}`;
  return term(`${bold(flag.short ? `-${flag.short}, ${typed}` : typed)}${literal(value)}`, text);
}

/** Formats examples, which are lines of `# why` and commands: each `why` becomes a paragraph above its commands. */
function exampleLines(examples: readonly string[]): string[] {
  return examples.map((line, at) => {
    if (!line.startsWith("#")) return `.IP\n${verbatim([line])}`;
    return `${at === 0 ? "" : ".PP\n"}${paragraph(`${line.replace(/^#\s*/, "")}:`)}`;
  });
}

const exitStatus = (verb: Partial<Verb>): string[] =>
  Object.entries(codesOf(verb)).map(([code, means]) => term(bold(code), `${means.charAt(0).toUpperCase()}${means.slice(1)}.`));

const environment = [
  ["KUBECONFIG", "The kubeconfig file, as in kubectl."],
  ["KUBECTL_PATH", "The kubectl to use. Default: the first one on your PATH."],
  ["AZURE_*", "The Azure identity for --auth env and --auth workload."],
  ["NO_COLOR", "If set, even to an empty value, the output has no colors."],
] as const;

/** Returns the references to other pages, and the address of the page in the documentation. */
const seeAlso = (verbs: readonly (string | undefined)[], page?: string): string =>
  `${verbs.map((verb) => inert(`${bold(pageName(verb))}(1),`)).join("")}${paragraph(page === undefined ? home : `${pagesAddress}${page}.md`)}`;

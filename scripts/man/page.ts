import { descriptionOf, type Flag, type Flags } from "../../cmd/line/flags.ts";
import { shownDefault } from "../../cmd/line/help.ts";
import { global } from "../../cmd/line/kubectl-flags.ts";
import type { Verb } from "../../cmd/verb.ts";
import { bold, inert, literal, paragraph, section, term, verbatim } from "./roff.ts";

/** The version and the date (`YYYY-MM-DD`) on every page. */
export type Edition = { readonly version: string; readonly day: string };

/** Returns the name of a verb's page, or of the main page without a verb. */
export const pageName = (verb?: string): string => ["kubectl-acr-secret", ...(verb === undefined ? [] : [verb])].join("-");

/** Returns the page of one verb (man(7)), from the metadata of its help. */
export function verbPage(verb: Verb, all: readonly Verb[], edition: Edition): string {
  const { name, summary, description, findings, examples, flags, usage } = verb;
  return [
    heading(pageName(name), summary, edition),
    section("SYNOPSIS", synopsis(`${usage} [options]`)),
    section("DESCRIPTION", paragraph(description ?? `${summary}.`)),
    section("OPTIONS", ...options(flags)),
    section("EXAMPLES", ...exampleLines(examples)),
    section("EXIT STATUS", ...exitStatus(findings === undefined ? (flags["diff"] === undefined ? plain : differing) : finding(findings))),
    section("SEE ALSO", references([undefined, ...all.filter((other) => other !== verb).map((other) => other.name)])),
  ].join("");
}

/** Returns the main page: the verbs, and the flags that all verbs accept. */
export function mainPage(all: readonly Verb[], about: string, edition: Edition): string {
  return [
    heading(pageName(), about, edition),
    section("SYNOPSIS", synopsis("COMMAND [options]")),
    section("DESCRIPTION", paragraph(`${about}. It is a plugin of kubectl, which has to be on the PATH, and takes kubectl's own flags.`)),
    section("COMMANDS", ...all.map(({ name, summary }) => term(bold(name), `${summary}.`))),
    section("GLOBAL OPTIONS", ...options(global)),
    section("EXIT STATUS", ...exitStatus(plain)),
    section("ENVIRONMENT", ...environment.map(([name, means]) => term(bold(name), means))),
    section(
      "FILES",
      term(bold("KIND-NAMESPACE-NAME.json"), "The manifest of an object that --recreate replaces, until the new object exists."),
    ),
    section("SEE ALSO", references(all.map(({ name }) => name))),
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

/** Returns the flags that the help shows, in its order. */
const options = (flags: Flags): string[] =>
  Object.entries(flags)
    .filter(([, { hidden }]) => !hidden)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, flag]) => option(name, flag));

function option(name: string, flag: Flag): string {
  const spelled = flag.short ? `-${flag.short}, --${name}` : `--${name}`;
  return term(`${bold(spelled)}${literal(`=${shownDefault(flag)}`)}`, descriptionOf(flag));
}

/** Formats examples, which are lines of `# why` and commands: each `why` becomes a paragraph above its commands. */
function exampleLines(examples: readonly string[]): string[] {
  return examples.map((line, at) => {
    if (!line.startsWith("#")) return `.IP\n${verbatim([line])}`;
    return `${at === 0 ? "" : ".PP\n"}${paragraph(`${line.replace(/^#\s*/, "")}:`)}`;
  });
}

type Codes = Readonly<Record<string, string>>;

const plain: Codes = {
  "0": "It is done, or there was nothing to do.",
  "1": "An error, which is told on stderr.",
  "130": "Interrupted (Ctrl-C).",
};

const differing: Codes = { ...plain, "2": "With --diff: an error. There 0 says that nothing would change, and 1 that something would." };

const finding = (findings: string): Codes => ({
  ...plain,
  "0": "The command succeeded.",
  "1": `${findings.charAt(0).toUpperCase()}${findings.slice(1)}.`,
  "2": "An error, printed on stderr. It takes precedence over 1.",
});

const exitStatus = (codes: Codes): string[] => Object.entries(codes).map(([code, means]) => term(bold(code), means));

const environment = [
  ["KUBECONFIG", "The kubeconfig, as of kubectl."],
  ["KUBECTL_PATH", "The kubectl that is asked, instead of the first one on the PATH."],
  ["AZURE_*", "As whom Azure is asked, with --auth env and --auth workload."],
  ["NO_COLOR", "Set at all, even empty: no colors."],
] as const;

const references = (verbs: readonly (string | undefined)[]): string =>
  verbs.map((verb, at) => inert(`${bold(pageName(verb))}(1)${at < verbs.length - 1 ? "," : ""}`)).join("");

import { stripVTControlCharacters } from "node:util";
import { verbs } from "../../cmd/verbs.ts";

const ours = ["completion", ...verbs.map(({ name }) => name)].join("|");
const az = "acr|account|ad|cloud|login|role|upgrade";
const kubectl = `acr-secret (?:${ours})|apply|completion|config|create|delete|get|patch|rollout|set|version`;

/** A command with at least one argument after the program's name. */
const command = new RegExp(`(?<![\\w./-])(?:az (?:${az})|kubectl (?:${kubectl}))(?![\\w-])`);

/** The permitted text before a command on its line: the prefix of a hint, indentation, or programs whose output the command reads. */
const start = /^(?:hint: | *)(?:(?:printf %s|curl|helm template|kubectl|echo) [^|]*\| *|\(umask 077; )?$/;

/** Returns the lines that have words before a command, or another command after one. */
export function mixedLines(text: string): string[] {
  return stripVTControlCharacters(text).split("\n").filter(isMixed);
}

function isMixed(line: string): boolean {
  const found = command.exec(line);
  return found !== null && (!start.test(line.slice(0, found.index)) || /[;:,] (?:or:? )?(?:az|kubectl) /.test(line.slice(found.index)));
}

/** Commands that act in no cluster, or in the whole cluster. */
const local = /^kubectl (?:acr-secret (?:explain|completion|--help|options|(?:\S+ )*--help)|completion|config|version)/;
const clusterWide =
  / (?:-A|--all-namespaces|--namespaces|--namespace-selector|--raw|namespaces?)(?: |=|$)|^kubectl acr-secret (?:prune|apply|schedule)/;

/** Returns the printed commands that lack the context or the namespace of the command line that printed them. */
export function placelessCommands(argv: readonly string[], text: string): string[] {
  const names = (...flags: string[]) => argv.some((word) => flags.some((flag) => word === flag || word.startsWith(`${flag}=`)));
  const [inContext, inNamespace] = [names("--context"), names("-n", "--namespace")];
  const commands = text.split("\n").flatMap((line) => /^(?:hint:| ) *(kubectl .*)$/.exec(stripVTControlCharacters(line))?.[1] ?? []);
  return commands.filter(
    (line) =>
      !local.test(line) && ((inContext && !line.includes(" --context")) || (inNamespace && !/ -n /.test(line) && !clusterWide.test(line))),
  );
}

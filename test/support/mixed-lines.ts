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

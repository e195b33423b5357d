import { CliError } from "../../src/errors.ts";
import type { Flags } from "./flags.ts";

/**
 * Spells short flags out for yargs: kubectl's users type `-nfoo`, `-oyaml`, `-Av6`, which pflag takes apart and yargs
 * does not. What stands behind `--` is left alone.
 *
 * @throws CliError usage for a letter that is no flag
 */
export function spellOut(argv: readonly string[], flags: Flags): string[] {
  const byShort = new Map(Object.entries(flags).flatMap(([name, { short, type }]) => (short ? [[short, { name, type }] as const] : [])));
  const end = argv.indexOf("--");
  const flagged = end < 0 ? argv : argv.slice(0, end);
  return [...flagged.flatMap((word) => (/^-[^-]/.test(word) ? letters(word) : [word])), ...argv.slice(flagged.length)];

  /** `-Anfoo` → `--all-namespaces`, `--namespace=foo`. */
  function letters(word: string): string[] {
    const spelled: string[] = [];
    for (let at = 1; at < word.length; at++) {
      const flag = byShort.get(word[at] ?? "");
      if (!flag) throw new CliError("usage", `unknown shorthand flag: '${word[at]}' in ${word}`);
      const rest = word.slice(at + 1);
      if (flag.type !== "boolean" || rest.startsWith("=")) {
        return [...spelled, rest === "" ? `--${flag.name}` : `--${flag.name}=${rest.replace(/^=/, "")}`];
      }
      spelled.push(`--${flag.name}`);
    }
    return spelled;
  }
}

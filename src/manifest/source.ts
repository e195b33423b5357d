import { CliError } from "../errors.ts";

/** A manifest as it was read: what it is called on the command line, and its text. */
export type Source = { readonly name: string; readonly text: string };

/** The error for a place in a manifest that is left as it is: `deploy.yaml:12:5: WHY`. */
export function refusal({ name, text }: Source, at: number, why: string, hint?: string): CliError {
  return new CliError("invalid", `${name}:${positionOf(text, at)}: ${why}`, { hint });
}

/** Line and column, from 1, in characters as an editor counts them. */
function positionOf(text: string, at: number): string {
  const before = text.slice(0, at).replace(/^\ufeff/, "");
  const line = before.split("\n").length;
  return `${line}:${[...before.slice(before.lastIndexOf("\n") + 1)].length + 1}`;
}

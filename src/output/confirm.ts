import type { Sink, Terminal } from "../env.ts";
import { printable } from "./printable.ts";

/**
 * Has a person at a terminal say yes or no; whatever else is pressed but Enter, which is no, is waited over.
 * @throws CliError cancelled after Ctrl-C
 */
export async function confirmed(question: string, { terminal, stderr }: { readonly terminal: Terminal; readonly stderr: Sink }) {
  const { yes } = await terminal.until((event) => {
    if (event === "ready") stderr.write(`${printable(question)} [y/N] `);
    if (typeof event === "string") return undefined;
    if (event.text.toLowerCase() === "y") return { yes: true };
    return event.text.toLowerCase() === "n" || ["return", "escape", "ctrl-d"].includes(event.name) ? { yes: false } : undefined;
  });
  stderr.write(yes ? "y\n" : "n\n");
  return yes;
}

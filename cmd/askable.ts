import type { Terminal } from "../src/env.ts";
import { printable } from "../src/output/printable.ts";
import type { Session } from "./session.ts";

/**
 * Returns the terminal to prompt on. Undefined with -o, because a program reads the output. Undefined in CI, which may have a terminal but
 * no user, and on a dumb terminal.
 */
export function askable({ context }: Session, output: string | undefined) {
  const { env, terminal } = context;
  return output === undefined && env["CI"] === undefined && env["TERM"] !== "dumb" ? terminal : undefined;
}

/** Asks a yes-or-no question. @throws Interrupted */
export const askToConfirm = (terminal: Terminal, question: string): Promise<boolean> => terminal.confirm(`${printable(question)} [y/N] `);

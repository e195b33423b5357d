import type { Terminal } from "../src/env.ts";
import { printable } from "../src/output/printable.ts";
import type { Session } from "./session.ts";

/** The terminal at which somebody can be asked. A form of output is for programs; and in CI, which may have a terminal, nobody answers. */
export function askable({ context }: Session, output: string | undefined) {
  const { env, terminal } = context;
  return output === undefined && env["CI"] === undefined && env["TERM"] !== "dumb" ? terminal : undefined;
}

/** Asks a question that is answered with yes or no. @throws Interrupted */
export const confirm = (terminal: Terminal, question: string): Promise<boolean> => terminal.confirm(`${printable(question)} [y/N] `);

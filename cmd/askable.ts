import type { Session } from "./session.ts";

/** The terminal at which somebody can be asked. A form of output is for programs; and in CI, which may have a terminal, nobody answers. */
export function askable({ context }: Session, output: string | undefined) {
  const { env, terminal } = context;
  return output === undefined && env["CI"] === undefined && env["TERM"] !== "dumb" ? terminal : undefined;
}

import type { Sink, Terminal } from "../../../src/env.ts";
import { Interrupted } from "../../../src/errors.ts";

/** An answer to a prompt: yes or no, or Ctrl-C. */
export type Answer = boolean | "ctrl-c";

/** Returns a terminal whose prompts get these answers. @param interrupt called for Ctrl-C */
export function fakeTerminal(answers: readonly Answer[], interrupt: () => void, stderr: Sink): Terminal {
  const left = [...answers];
  const next = (): boolean => {
    const answer = left.shift();
    if (answer === undefined) throw new Error("nobody answers this question");
    if (answer !== "ctrl-c") return answer;
    interrupt();
    throw new Interrupted();
  };
  return {
    confirm: async (question) => {
      stderr.write(question);
      const yes = next();
      stderr.write(yes ? "y\n" : "n\n");
      return yes;
    },
  };
}

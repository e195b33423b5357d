import type { Sink, Terminal } from "../../../src/env.ts";
import { Interrupted } from "../../../src/errors.ts";

/** An answer to a prompt: yes or no, parts of the labels to select, all of them, or a key that ends the prompt. */
export type Answer = boolean | readonly string[] | "all" | "escape" | "ctrl-c";

/** Returns a terminal whose prompts get these answers. @param interrupt called for Ctrl-C */
export function fakeTerminal(answers: readonly Answer[], interrupt: () => void, stderr: Sink): Terminal {
  const left = [...answers];
  const next = (): Exclude<Answer, "ctrl-c"> => {
    const answer = left.shift();
    if (answer === undefined) throw new Error("nobody answers this question");
    if (answer !== "ctrl-c") return answer;
    interrupt();
    throw new Interrupted();
  };
  return {
    confirm: async (question) => {
      stderr.write(question);
      const yes = next() === true;
      stderr.write(yes ? "y\n" : "n\n");
      return yes;
    },
    select: async (question, labels) => {
      stderr.write(`${[question, ...labels.map((label) => `[ ] ${label}`)].join("\n")}\n`);
      const answer = next();
      if (answer === "escape") return undefined;
      const isMeant = (label: string) => answer === "all" || (Array.isArray(answer) && answer.some((part) => label.includes(part)));
      return labels.flatMap((label, index) => (isMeant(label) ? index : []));
    },
  };
}

import type { Sink, Terminal } from "../../../src/env.ts";
import { Interrupted } from "../../../src/errors.ts";

/** What a person answers: yes or no, the parts of the labels that are selected, all of them, or a key that ends the question. */
export type Answer = boolean | readonly string[] | "all" | "escape" | "ctrl-c";

/** A terminal whose questions get these answers. @param interrupt what Ctrl-C calls */
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

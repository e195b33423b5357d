import type { Comparison } from "./compare.ts";
import { run } from "./run.ts";

/** Commands that send no request, so nearly all of their time is the program's start. */
export const lines = {
  "start-up": ["version", "--client"],
  help: ["--help"],
  completion: ["__complete", "create", "--re"],
} as const;

/** Compares the time of each of these commands with that of `kubectl version`. */
export function startUps({ plugin, kubectl, env }: { plugin: string; kubectl: string; env: NodeJS.ProcessEnv }): Comparison[] {
  return Object.entries(lines).map(([name, line]) => ({
    name,
    other: "kubectl",
    budget: 0.9,
    runs: 31,
    warmUp: 3,
    ours: () => run(plugin, line, env),
    theirs: () => run(kubectl, ["version", "--client"], env),
  }));
}

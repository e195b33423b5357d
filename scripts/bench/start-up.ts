import type { Comparison } from "./compare.ts";
import { run } from "./run.ts";

/** How long each program takes to say its version, which asks nobody. */
export function startUp({ plugin, kubectl, env }: { plugin: string; kubectl: string; env: NodeJS.ProcessEnv }): Comparison {
  return {
    name: "start-up",
    beside: "kubectl",
    budget: 0.9,
    runs: 31,
    warmUp: 3,
    ours: () => run(plugin, ["version", "--client"], env),
    theirs: () => run(kubectl, ["version", "--client"], env),
  };
}

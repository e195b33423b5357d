import type { Env, Sink } from "../context.ts";
import { colored } from "./style.ts";

/** Shows that something is under way, on terminals only, and leaves no trace. */
export type Progress = { during<T>(what: string, work: () => Promise<T>): Promise<T> };

/**
 * A spinner on stderr. It stays away where it would do harm: no terminal, a terminal of unknown width
 * (ora would redraw without end), CI, TERM=dumb, or `-v`, whose lines it would overwrite.
 */
export function progressOn(stderr: Sink, env: Env, verbosity: number): Progress {
  const able = stderr.isTTY && stderr.columns > 0 && env["CI"] === undefined && env["TERM"] !== "dumb" && verbosity < 4;
  if (!able) return { during: (_, work) => work() };
  return {
    during: async (what, work) => {
      const { default: ora } = await import("ora");
      const spinner = ora({ text: what, discardStdin: false, color: colored(stderr, env) ? "cyan" : false }).start();
      try {
        return await work();
      } finally {
        spinner.stop();
      }
    },
  };
}

import { Chalk, type ChalkInstance } from "chalk";
import type { Environment, Sink } from "../env.ts";

/**
 * Returns the colors for a stream. NO_COLOR (even if empty, as in kubectl) and TERM=dumb take precedence over FORCE_COLOR. Without them, a
 * terminal has colors. chalk itself ignores NO_COLOR.
 */
export function styleFor(stream: Sink, env: Environment): ChalkInstance {
  return new Chalk({ level: colored(stream, env) ? 1 : 0 });
}

export function colored(stream: Sink, env: Environment): boolean {
  if (env["NO_COLOR"] !== undefined || env["TERM"] === "dumb") return false;
  if (env["FORCE_COLOR"] !== undefined) return env["FORCE_COLOR"] !== "0";
  return stream.isTTY;
}

import { Chalk, type ChalkInstance } from "chalk";
import type { Environment, Sink } from "../env.ts";

/**
 * Colors for one stream, decided once: NO_COLOR (even if empty, as in kubectl) or TERM=dumb takes precedence, then FORCE_COLOR, then
 * whether the stream is a terminal. chalk itself ignores NO_COLOR.
 */
export function styleFor(stream: Sink, env: Environment): ChalkInstance {
  return new Chalk({ level: colored(stream, env) ? 1 : 0 });
}

export function colored(stream: Sink, env: Environment): boolean {
  if (env["NO_COLOR"] !== undefined || env["TERM"] === "dumb") return false;
  if (env["FORCE_COLOR"] !== undefined) return env["FORCE_COLOR"] !== "0";
  return stream.isTTY;
}

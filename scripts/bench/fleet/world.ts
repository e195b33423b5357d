import type { Sandbox } from "../../../sandbox/sandbox.ts";

/** The environment of a measurement: a sandbox, and a function that prints the progress. */
export type World = {
  readonly sandbox: Sandbox;
  readonly kubectl: string;
  readonly env: NodeJS.ProcessEnv;
  say(line: string): void;
};

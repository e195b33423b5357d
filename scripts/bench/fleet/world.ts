import type { Sandbox } from "../../../sandbox/sandbox.ts";

/** What is measured in: a sandbox, and who is told how far it is. */
export type World = {
  readonly sandbox: Sandbox;
  readonly kubectl: string;
  readonly env: NodeJS.ProcessEnv;
  say(line: string): void;
};

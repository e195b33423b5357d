import type { Files, Sleep, Trace } from "./env.ts";
import type { Editing } from "./kube/edit.ts";
import type { Cluster } from "./kube/port.ts";
import type { Registry } from "./registry/port.ts";

/** What a verb that writes needs of its run: the ports, the clock, and the flags that every such verb has. */
export type Tools = Omit<Editing, "cluster" | "sleep"> & {
  readonly sleep: Sleep;
  cluster(): Cluster;
  registry(): Registry;
  readonly trace: Trace;
  readonly files: Pick<Files, "create" | "remove">;
  /** The user accepts what a run without --force refuses. */
  readonly force: boolean;
  now(): Date;
  /** The unique id of this run, which its claims contain. */
  readonly runId: string;
  /** How long to wait for the claim of another run, in milliseconds. Default: five minutes. */
  readonly claimWait?: number | undefined;
  /** Prints a line on stderr. */
  inform(text: string): void;
  /** Shows what the run waits for, on a terminal. */
  during<T>(what: string, work: () => Promise<T>): Promise<T>;
  /** Whether the run was interrupted, so that it must not start anything new. */
  interrupted(): boolean;
};

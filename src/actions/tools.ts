import type { Credential } from "../credential/kind.ts";
import type { Files } from "../env.ts";
import type { Cluster, WriteOptions } from "../kube/port.ts";
import type { Change } from "../plan/change.ts";
import type { Registry } from "../registry/port.ts";
import type { DryRun } from "./outcome.ts";

export type Tools = {
  cluster(): Cluster;
  registry(): Registry;
  readonly files: Pick<Files, "create" | "remove">;
  readonly apply: Credential["apply"];
  /** Returns the command that reverses a change manually. */
  removal(change: Change): readonly string[];
  /** Only `execute` decides by this value. With `server`, writes are sent as dry runs. */
  readonly dryRun: DryRun;
  /** With `dryRun`, the API server checks writes and stores nothing, and nothing else is changed. */
  readonly write: WriteOptions;
  readonly force: boolean;
  sleep(milliseconds: number): Promise<void>;
  now(): Date;
  /** Returns random jitter in [0, 1). */
  jitter(): number;
  /** Unique id of this run, which its claims contain. */
  readonly runId: string;
  /** The claims of other runs that this run has waited for, and the total waiting time. */
  readonly waits: { readonly claims: Set<string>; milliseconds: number };
  inform(text: string): void;
  during<T>(what: string, work: () => Promise<T>): Promise<T>;
  /** Whether the run was interrupted, so that it must not start anything new. */
  interrupted(): boolean;
  /** Runs work that an interruption must not end, within a time limit. */
  uninterrupted<T>(work: () => Promise<T>): Promise<T>;
};

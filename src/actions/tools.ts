import type { Cluster, WriteOptions } from "../cluster/port.ts";
import type { Applied, Credential } from "../credential/kind.ts";
import type { Files } from "../env.ts";
import { CliError } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import type { Change, Precondition } from "../plan/change.ts";
import type { ImageRef, Login, Registry } from "../registry/port.ts";
import type { Making } from "../secret/claim.ts";
import type { Seen } from "../state/namespace-state.ts";
import type { DryRun } from "./outcome.ts";

/** Tools for executing plans. */
export type Tools = {
  /** Returns the cluster of a context, or of the current context if undefined. */
  cluster(context: string | undefined): Cluster;
  registry(): Registry;
  readonly files: Pick<Files, "create" | "remove">;
  /** Applies changes outside of the cluster. */
  readonly carry: Credential["apply"];
  /** Returns the command that reverses a change manually. */
  removal(change: Change): readonly string[];
  /** Only `execute` decides by this value. With `server`, writes are sent as dry runs. */
  readonly dryRun: DryRun;
  /** With `dryRun`, the API server checks writes and stores nothing, and nothing else is changed. */
  readonly write: WriteOptions;
  /** Overwrites objects and fields of other tools and users. */
  readonly force: boolean;
  /** Adds a login to a Secret that holds other logins. */
  readonly merge: boolean;
  sleep(milliseconds: number): Promise<void>;
  now(): Date;
  /** Returns random jitter in [0, 1). */
  chance(): number;
  /** Unique id of this run, which its claims contain. */
  readonly runId: string;
  /** The claims of other runs that this run has waited for, and the total waiting time. */
  readonly waits: { readonly claims: Set<string>; milliseconds: number };
  /** Prints a line immediately. */
  inform(text: string): void;
  /** Shows progress while the work runs. */
  during<T>(what: string, work: () => Promise<T>): Promise<T>;
  /** Whether the run was interrupted, so that it must not start anything new. */
  halted(): boolean;
  /** Runs work that an interruption must not end, within a time limit. */
  unhalted<T>(work: () => Promise<T>): Promise<T>;
  /** Returns the maximum number of concurrent tasks. */
  width(): number;
};

/** What a run has read, generated and claimed so far. */
export type Run = {
  /** The login that Secrets get; absent before it is generated. */
  login?: Login | undefined;
  /** The metadata that Azure returned with it. */
  made?: Omit<Applied, "login">;
  /** Images that the login may be tried with. */
  readonly images: readonly ImageRef[];
  /** The image that the login was proven with. */
  proven?: ImageRef;
  /** The Secrets that this run has claimed, or may have claimed if the response was lost, by key. */
  readonly claims: Map<string, Claimed>;
  /** The claims end with the run and not after the first write, because the run still writes the login to other Secrets. */
  holds?: boolean;
  /** The claims are being renewed. */
  renewal?: Promise<void>;
  /** The run asked Azure for a password, so Azure may have generated one. */
  asked?: boolean;
  /** A change in Azure could not be rolled back. */
  kept?: boolean;
  /** The Secrets that may hold the login, by key: the response to the write was lost, and the Secret could not be read since. */
  readonly unsure: Map<string, Ref<"secret">>;
  /** The keys of Secrets that this run deleted to replace them, if neither the old nor the new one exists. */
  readonly gone: Set<string>;
};

/** A Secret that a run has claimed. */
export type Claimed = {
  readonly to: Ref<"secret">;
  /** This run created it for the claim, so it is deleted if it gets no login. */
  readonly made: boolean;
  /** Its version, for the next write; absent if unknown. */
  readonly precondition?: Precondition;
  /** The password that will be generated for it. */
  readonly makes?: Making | undefined;
  /** The time of the claim, or of its last renewal. */
  readonly at?: Date;
};

export const newRun = (login?: Login, images: readonly ImageRef[] = []): Run => ({
  login,
  images,
  claims: new Map(),
  unsure: new Map(),
  gone: new Set(),
});

/** Context for applying one change. */
export type Env = { readonly tools: Tools; readonly run: Run; readonly seen: Seen };

/**
 * Returns the login that Secrets get. A dry run has none.
 * @throws CliError internal if another run has none
 */
export function loginOf({ run, tools }: Env): Login | undefined {
  if (run.login || tools.write.dryRun) return run.login;
  throw new CliError("internal", "a plan needs a login, and nothing has made one");
}

import type { Cluster, WriteOptions } from "../cluster/port.ts";
import type { Credential, PasswordMetadata } from "../credential/kind.ts";
import type { Files } from "../env.ts";
import { CliError } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import type { Change, Precondition } from "../plan/change.ts";
import type { ImageRef, Login, Registry } from "../registry/port.ts";
import type { Making } from "../secret/claim.ts";
import type { Seen } from "../state/namespace-state.ts";
import type { DryRun } from "./outcome.ts";

/** What plans are carried out with. */
export type Tools = {
  /** The cluster of a context; the current one's without. */
  cluster(context: string | undefined): Cluster;
  registry(): Registry;
  readonly files: Pick<Files, "create" | "remove">;
  /** Carries out what is not in the cluster. */
  readonly carry: Credential["apply"];
  /** The command that does by hand what a change would take away. */
  removal(change: Change): readonly string[];
  /** Only `execute` decides by it what is done. With `server`, writes are sent as dry runs. */
  readonly dryRun: DryRun;
  /** With `dryRun` the API server checks writes and stores nothing, and nothing else is touched. */
  readonly write: WriteOptions;
  /** Takes over what others made. */
  readonly force: boolean;
  /** Adds a login to a Secret that holds others. */
  readonly merge: boolean;
  sleep(milliseconds: number): Promise<void>;
  now(): Date;
  /** A number from 0 up to 1, another one each time: so that those who wait for each other do not do so in step. */
  chance(): number;
  /** Names this run in what it claims: no other run has the same. */
  readonly runId: string;
  /** The claims of other runs that this one has waited for, and how long in all. */
  readonly waits: { readonly claims: Set<string>; milliseconds: number };
  /** Prints a line at once. */
  inform(text: string): void;
  /** Shows that something is under way. */
  during<T>(what: string, work: () => Promise<T>): Promise<T>;
  /** Whether the run was interrupted, so that nothing more is to be begun. */
  halted(): boolean;
  /** Runs what an interruption must not end, within a bound. */
  unhalted<T>(work: () => Promise<T>): Promise<T>;
  /** How much is done at once. */
  width(): number;
};

/** What a run has read, generated and claimed so far. */
export type Run = {
  /** The login that Secrets get; absent before it is generated. */
  login?: Login | undefined;
  /** What Azure returned with it. */
  made?: PasswordMetadata;
  /** Images that the login may be tried with. */
  readonly images: readonly ImageRef[];
  /** An image that it was proven with. */
  proven?: ImageRef;
  /** The Secrets that this run has claimed, or may have claimed if the answer was lost, by key. */
  readonly claims: Map<string, Claimed>;
  /** The claims end with the run, and not when a Secret is written: the run still writes the login to other Secrets. */
  holds?: boolean;
  /** The claims are being renewed. */
  renewal?: Promise<void>;
  /** Azure was asked for a password, so it may have generated one. */
  asked?: boolean;
  /** A change in Azure could not be rolled back. */
  kept?: boolean;
  /** The Secrets that may hold the login, by key: the answer to the write was lost, and the Secret could not be read since. */
  readonly unsure: Map<string, Ref<"secret">>;
  /** Secrets that this run has deleted to replace them, and neither the old nor the new one exists, by key. */
  readonly gone: Set<string>;
};

/** A Secret that a run has claimed. */
export type Claimed = {
  readonly to: Ref<"secret">;
  /** This run created it for the claim, so it is deleted if it gets no login. */
  readonly made: boolean;
  /** Its version, for the next write; absent if unknown. */
  readonly precondition?: Precondition;
  /** The password that is generated for it. */
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
 * Returns the login that Secrets get. A dry run generates none.
 * @throws CliError internal if another run has none
 */
export function loginOf({ run, tools }: Env): Login | undefined {
  if (run.login || tools.write.dryRun) return run.login;
  throw new CliError("internal", "a plan needs a login, and nothing has made one");
}

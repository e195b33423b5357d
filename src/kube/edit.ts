import { asCliError, CliError, Conflict, Interrupted, isLost, isNotFound } from "../errors.ts";
import type { ClusterKind, Ref } from "../kinds.ts";
import { type KubeObjects, merged } from "../objects.ts";
import type { DryRun, Outcome, Result } from "../outcome.ts";
import type { Cluster, Write } from "./port.ts";

/** What to do with an object, decided by looking at it. `note` is added to the outcome. */
export type Decision = (
  | { readonly act: "keep"; readonly because: string }
  | { readonly act: "create"; readonly object: object }
  /** A JSON merge patch (RFC 7386), sent with the uid and the version that was read. */
  | { readonly act: "patch"; readonly patch: Patch; readonly because?: string }
  | { readonly act: "delete"; readonly because: string }
  /** By the Eviction API (policy/v1), which honors PodDisruptionBudgets. */
  | { readonly act: "evict"; readonly because: string }
  | { readonly act: "refuse"; readonly error: CliError }
) & { readonly note?: Partial<Outcome> };

type Patch = { readonly metadata?: object; readonly [field: string]: unknown };

/** Looks at an object, or at its absence. It is pure, because it may be asked several times. */
export type Decide<K extends ClusterKind> = (old: KubeObjects[K] | undefined) => Decision;

export type Edited<K extends ClusterKind> = {
  readonly did: Exclude<Decision["act"], "refuse">;
  /** The object as the server has it now, or as a dry run would leave it; absent if it does not exist. */
  readonly object: KubeObjects[K] | undefined;
  /** The object as it was read for the last decision. */
  readonly before: KubeObjects[K] | undefined;
  readonly because: string | undefined;
  readonly note: Partial<Outcome>;
};

/** The ports of an edit. A server dry run sends each write as a dry run; a client dry run sends none. */
export type Editing = {
  cluster(): Pick<Cluster, "get" | "write">;
  readonly dryRun: DryRun;
  readonly fieldManager: string;
  sleep(milliseconds: number): Promise<void>;
  /** Random, in [0, 1). */
  jitter(): number;
  /** Runs a read that an interruption must not end. */
  uninterrupted<T>(work: () => Promise<T>): Promise<T>;
};

/** Many clients may write one list at the same time, and each attempt succeeds for one of them. */
const attempts = 60;
/** How often a response is lost, or the server fails, until a write is given up. A webhook that times out takes 10 seconds each time. */
const losses = 3;

/**
 * Writes all objects in the cluster but the test pods of `check --from-cluster`. Reads an object, decides, and writes the version that was
 * read. If another client was faster, or the response was lost, reads and decides again: a decision that finds its own work done says
 * `keep`. A dry run, a rerun and "unchanged" are the same call.
 * @param known the object as it was listed before, for the first decision. The server refuses the write if it has changed since
 * @throws CliError of a refusal or of a request; Conflict after 60 attempts; the error of a fourth lost response
 */
export async function edit<K extends ClusterKind>(
  to: Ref<K>,
  decide: Decide<K>,
  editing: Editing,
  known?: { readonly object: KubeObjects[K] | undefined },
): Promise<Edited<K>> {
  let state: State<K> = { attempt: 1, lost: 0, known, unsure: "keep", failed: undefined };
  for (;;) {
    const end = await attempt(to, decide, editing, state);
    if ("did" in end) return end;
    state = end;
  }
}

type State<K extends ClusterKind> = {
  readonly attempt: number;
  readonly lost: number;
  readonly known: { readonly object: KubeObjects[K] | undefined } | undefined;
  /** What a write did whose response was lost, if the next decision finds it done. */
  readonly unsure: Edited<K>["did"];
  readonly failed: CliError | undefined;
};

/** @returns the result, or the state for another attempt */
async function attempt<K extends ClusterKind>(
  to: Ref<K>,
  decide: Decide<K>,
  editing: Editing,
  state: State<K>,
): Promise<Edited<K> | State<K>> {
  const { known, unsure, failed } = state;
  const before = known ? known.object : await read(to, editing, failed);
  const decision = decide(before);
  if (decision.act === "refuse") throw decision.error;
  const found = { before, because: decision.act === "create" ? "it does not exist" : decision.because, note: decision.note ?? {} };
  if (decision.act === "keep") return { ...found, did: unsure, object: before };
  // An interrupted run starts nothing new
  if (failed instanceof Interrupted) throw failed;
  if (editing.dryRun === "client") return { ...found, did: decision.act, object: previewOf(decision, before) };
  const sent = await send(to, decision, before, editing);
  if (sent instanceof CliError) return nextState(sent, decision, before, { editing, state });
  return { ...found, did: decision.act, object: decision.act === "delete" ? undefined : sent };
}

/** Returns the state for another attempt after a failed write. @throws the error of a write that another attempt can't change */
async function nextState<K extends ClusterKind>(
  failed: CliError,
  { act }: Writing,
  before: KubeObjects[K] | undefined,
  { editing, state }: { readonly editing: Editing; readonly state: State<K> },
): Promise<State<K>> {
  const { attempt: count, unsure } = state;
  const lost = state.lost + (isLost(failed) ? 1 : 0);
  if (!isWorthAnother(failed, before, editing) || count === attempts || lost > losses) throw failed;
  if (!(failed instanceof Interrupted)) await editing.sleep(Math.min(5 * count, 100) * (0.5 + editing.jitter()));
  return { attempt: count + 1, lost, known: undefined, unsure: isLost(failed) && unsure === "keep" ? act : unsure, failed };
}

/** Reads the object again, even after an interruption. @throws the error of a write whose response was lost, if it can't be read */
async function read<K extends ClusterKind>(to: Ref<K>, { cluster, uninterrupted }: Editing, failed: CliError | undefined) {
  if (!failed || !isLost(failed)) return cluster().get(to);
  return uninterrupted(() => cluster().get(to)).catch((error: unknown) => {
    asCliError(error);
    throw failed;
  });
}

async function send<K extends ClusterKind>(to: Ref<K>, decision: Writing, before: KubeObjects[K] | undefined, editing: Editing) {
  const { cluster, dryRun, fieldManager } = editing;
  return cluster()
    .write(to, writeOf(decision, before), { dryRun: dryRun === "server", fieldManager })
    .catch(asCliError);
}

/** Whether another client has written first, has deleted the object, or the response was lost. */
const isWorthAnother = (error: CliError, before: object | undefined, { dryRun }: Editing): boolean =>
  error instanceof Conflict || (isNotFound(error) && before !== undefined) || (isLost(error) && dryRun === "none");

type Writing = Exclude<Decision, { readonly act: "keep" | "refuse" }>;

function writeOf(decision: Writing, before: KubeObjects[ClusterKind] | undefined): Write {
  if (decision.act === "create") return { create: decision.object };
  const { uid = "", resourceVersion } = before?.metadata ?? {};
  if (!before) throw new CliError("internal", `cannot ${decision.act} an object that does not exist`);
  if (decision.act === "delete") return { delete: { uid, version: resourceVersion ?? "" } };
  if (decision.act === "evict") return { evict: { uid, version: resourceVersion ?? "" } };
  return { patch: { ...decision.patch, metadata: { ...decision.patch.metadata, uid, resourceVersion } } };
}

/** Returns an object as a decision would leave it. */
export function previewOf<K extends ClusterKind>(decision: Decision, before: KubeObjects[K] | undefined): KubeObjects[K] | undefined {
  if (decision.act === "create") return decision.object as KubeObjects[K];
  if (decision.act === "delete") return undefined;
  return decision.act === "patch" && before ? (merged(before, decision.patch) as KubeObjects[K]) : before;
}

const words = {
  keep: "unchanged",
  create: "created",
  patch: "configured",
  delete: "deleted",
  evict: "restarted",
} as const satisfies Record<string, Result>;

export function outcomeOf<K extends ClusterKind>(to: Ref<K>, { did, object, before, because, note }: Edited<K>): Outcome {
  return { to, result: words[did], because, object: object ?? before, before: did === "create" ? undefined : before, ...note };
}

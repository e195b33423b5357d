import { CliError, Conflict, isLost, isNotFound } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import type { Write } from "../kube/port.ts";
import type { Secret } from "../objects.ts";
import type { Precondition } from "../plan/change.ts";
import type { Tools } from "./tools.ts";

type Update<State, Result> = {
  /** The state that was read for the plan. The first attempt uses it: the server rejects the write if the state is old. */
  readonly initial?: State | undefined;
  read(): Promise<State>;
  /** Decides and writes with the version that was read as the precondition. @throws Conflict if the object changed after it was read */
  write(state: State): Promise<Result>;
  readonly attempts: number;
  pause?(attempt: number): Promise<void>;
};

/**
 * Reads an object, decides, and writes with a precondition. Reads again on a conflict, because another client has written first.
 * @throws Conflict after `attempts` conflicts in a row
 */
export async function update<State, Result>({ initial, read, write, attempts, pause }: Update<State, Result>): Promise<Result> {
  let known = initial;
  for (let attempt = 1; ; attempt++) {
    const state = known ?? (await read());
    known = undefined;
    try {
      return await write(state);
    } catch (error) {
      if (!(error instanceof Conflict) || attempt >= attempts) throw error;
      await pause?.(attempt);
    }
  }
}

/**
 * Yields what an attempt yields that reads, decides and writes. Starts another one on a conflict, unless something was yielded already.
 * @throws Conflict after ten conflicts in a row, or after something was yielded
 */
export async function* restarted<T>(start: () => AsyncGenerator<T>): AsyncGenerator<T> {
  const { first, attempt } = await update({
    read: async () => start(),
    write: async (begun) => ({ first: await begun.next(), attempt: begun }),
    attempts: 10,
  });
  if (first.done) return;
  yield first.value;
  yield* attempt;
}

export const secretRetries = ({ sleep }: Tools) => ({ attempts: 10, pause: () => sleep(5) });

/**
 * Writes to a Secret. If the response is lost, reads whether the write has happened.
 * @param isDone whether the Secret, or its absence, is the result of the write
 * @throws CliError; Conflict if the Secret changed after it was read
 */
export async function writeTo(
  to: Ref<"secret">,
  write: Write,
  isDone: (secret: Secret | undefined) => boolean,
  tools: Tools,
): Promise<Secret | undefined> {
  const cluster = tools.cluster();
  try {
    return await cluster.write(to, write, tools.write);
  } catch (error) {
    if (!(error instanceof CliError) || !isLost(error) || tools.write.dryRun) throw error;
    const found = await tools
      .uninterrupted(() => cluster.get(to))
      .catch(() => {
        throw error;
      });
    if (!isDone(found)) throw error;
    return found;
  }
}

export const preconditionOf = ({ metadata: { uid = "", resourceVersion: version = "" } }: Pick<Secret, "metadata">): Precondition => ({
  uid,
  version,
});

/** @throws Conflict if the Secret was deleted after it was read; otherwise the same error */
export function asConflict(error: unknown): never {
  if (isNotFound(error)) throw new Conflict(error.message);
  throw error;
}

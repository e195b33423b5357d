import { Conflict } from "../errors.ts";

/** What one target needs: read it, decide, write. Only `decide` differs from verb to verb, and it is pure. */
export type Steps<Observed, Change extends { act: string }, Written> = {
  observe(): Promise<Observed>;
  decide(observed: Observed): Change;
  write(change: Exclude<Change, { act: "keep" }>, observed: Observed): Promise<Written>;
};

/** What became of a target: the change that was decided last, and what the write gave (nothing for a kept one). */
export type Settled<Change extends { act: string }, Written> =
  | { readonly change: Extract<Change, { act: "keep" }>; readonly written?: undefined }
  | { readonly change: Exclude<Change, { act: "keep" }>; readonly written: Written };

/**
 * Brings one target to where its verb wants it. A conflict only says that the observation was old,
 * so we look again and decide again: rerun, retry and no-op are the same loop.
 *
 * @throws Conflict after `rounds` rounds, with the target as it is
 */
export async function settle<Observed, Change extends { act: string }, Written>(
  { observe, decide, write }: Steps<Observed, Change, Written>,
  { rounds, pause }: { rounds: number; pause(round: number): Promise<void> },
): Promise<Settled<Change, Written>> {
  for (let round = 1; ; round++) {
    const observed = await observe();
    const change = decide(observed);
    if (isKept(change)) return { change };
    const todo = change as Exclude<Change, { act: "keep" }>;
    try {
      return { change: todo, written: await write(todo, observed) };
    } catch (error) {
      if (!(error instanceof Conflict) || round === rounds) throw error;
      await pause(round);
    }
  }
}

const isKept = <C extends { act: string }>(change: C): change is Extract<C, { act: "keep" }> => change.act === "keep";

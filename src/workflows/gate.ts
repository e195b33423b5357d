import { claim } from "../actions/claim.ts";
import { executeAll } from "../actions/execute.ts";
import type { Outcome } from "../actions/outcome.ts";
import { rehearse } from "../actions/rehearse.ts";
import type { Bench } from "../actions/tools.ts";
import { Conflict } from "../errors.ts";
import { keyOf } from "../kinds.ts";
import type { Claim, Mint, Plan, Rehearse, Store } from "../plan/change.ts";
import { claimProof, type SecretClaim, sameClaim } from "../secret/claim.ts";

/** An error that all places depend on ends the unit; every other is the place's own. */
export class Shared extends Error {
  readonly reason: unknown;
  constructor(reason: unknown) {
    super("shared");
    this.reason = reason;
  }
}

/** Where places wait until what their Secrets need is made. */
export type Gate = {
  /** Lines a place up behind those that were begun before it. */
  enter(): Turn;
  /** What was made, until it is told. */
  readonly made: Outcome[];
};

/** What places wait for. */
export type Opening = {
  readonly demand: Plan;
  readonly handed?: Handed;
  /** The claims of other runs that it was decided by, of each Secret; another one on the Secret that is to be claimed ends it. */
  readonly claims?: ReadonlyMap<string, SecretClaim>;
};

export type Turn = {
  /**
   * Lets a Secret through once what it needs is made; the first one has it made.
   * @returns whether it is the first
   * @throws CliError of this Secret alone; Shared of all
   */
  pass(store: Store): Promise<boolean>;
  /** The place is through, or needs nothing; the first one once its Secret is written, which none is before. */
  leave(): void;
};

/** A login that is handed out since others hold it already. */
export type Handed = {
  readonly identity: string;
  /** Looks whether they still hold it. @throws Conflict where they hold another one, which is handed out from then on */
  confirm(): Promise<void>;
};

/**
 * Places go one at a time, in their order, until one of them is through: a password is not made for a Secret that the server would
 * refuse, and two runs over the same places claim the same Secret.
 */
export function openGate({ demand, handed, claims }: Opening, bench: Bench): Gate {
  const { dryRun } = bench.tools;
  const made: Outcome[] = [];
  let ready = demand.length === 0 && !(handed && dryRun === "none");
  let failed: Shared | undefined;
  let last: Promise<unknown> = Promise.resolve();

  let open = ready;

  async function make(store: Store): Promise<boolean> {
    if (failed) throw failed;
    if (ready) return false;
    if (dryRun === "none") await secure(store).catch(asEnd);
    made.push(...(await carryOut().catch(asEnd)));
    ready = true;
    return true;
  }

  /** After an error of all, no other place comes to its turn. */
  function asEnd(error: unknown): never {
    if (error instanceof Shared) failed = error;
    throw error;
  }

  async function secure(store: Store): Promise<void> {
    for (const change of stepsTo(store)) await (change.act === "rehearse" ? rehearse.apply(change, bench) : claimOnce(change));
    // Only now: a rotation that has not seen the claim has written before this look, and one that sees it waits
    await handed?.confirm();
  }

  async function claimOnce(change: Claim): Promise<void> {
    const found = change.precondition?.claim;
    // What that run notes, nobody has looked at: written over, it would be lost
    if (claims && found && found.by !== bench.tools.runId && !sameClaim(found, claims.get(keyOf(change.to))))
      throw new Shared(new Conflict(`another run is making secret "${change.to.name}" in namespace "${change.to.namespace}"`));
    await claim.apply(change, bench);
  }

  /** A Secret that is not there is tried by the claim itself. */
  function stepsTo({ to, precondition, replaces, shape }: Store): (Rehearse | Claim)[] {
    const shaped = shape && { shape };
    const { login } = bench.run;
    const proof = login && { proof: claimProof(login, bench.tools.runId, to) };
    if (handed) return [{ act: "claim", to, precondition, makes: { identity: handed.identity, ...proof }, ...shaped }];
    const mint = demand.find(({ act }) => act === "mint") as Mint | undefined;
    if (!mint) return [];
    const makes = { identity: mint.to.name, slot: mint.slot, ...(mint.left !== undefined && { madeAt: mint.left }) };
    return [
      ...(precondition ? [{ act: "rehearse", to, precondition, replaces, ...shaped } as const] : []),
      { act: "claim", to, precondition, makes, ...shaped },
    ];
  }

  async function carryOut(): Promise<Outcome[]> {
    try {
      return await executeAll(demand, bench);
    } catch (error) {
      throw new Shared(error);
    }
  }

  return {
    made,
    enter: () => {
      if (open) return passed;
      const before = last;
      let leave = () => {};
      const mine = new Promise<void>((resolve) => {
        leave = () => {
          open = ready;
          resolve();
        };
      });
      last = before.then(() => mine);
      return { pass: (store) => before.then(() => make(store)), leave };
    },
  };
}

const passed: Turn = { pass: async () => false, leave: () => {} };

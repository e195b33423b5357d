import { claim } from "../actions/claim.ts";
import { executeAll } from "../actions/execute.ts";
import type { ChangeOutcome } from "../actions/outcome.ts";
import { rehearse } from "../actions/rehearse.ts";
import type { Env } from "../actions/tools.ts";
import { Conflict } from "../errors.ts";
import { keyOf } from "../kinds.ts";
import type { Claim, Mint, Plan, Store } from "../plan/change.ts";
import { claimProof, type SecretClaim, sameClaim } from "../secret/claim.ts";

/** What must be issued before the first Secret is written. */
export type Issuing = {
  readonly lazySteps: Plan;
  readonly reused?: ReusedLogin | undefined;
  /** The claims of other runs when the plan was made, by Secret. A different claim on the Secret that this run claims ends the run. */
  readonly claims?: ReadonlyMap<string, SecretClaim> | undefined;
};

/** A login that other Secrets hold already. */
export type ReusedLogin = {
  readonly identity: string;
  /** Checks that they still hold it. If they hold another one, that one is reused from then on, and the namespace is planned again. */
  confirm(): Promise<{ readonly retry: Conflict } | { readonly unitError: Conflict } | undefined>;
};

/**
 * `first`: the login was issued for this Secret. `ready`: it was issued before. Otherwise the namespace must be planned again, or an error
 * ends all namespaces.
 */
export type Prepared = "first" | "ready" | { readonly retry: Conflict } | { readonly unitError: unknown };

/** The place of a namespace in the queue. */
export type Turn = {
  /** Waits for the namespaces before this one. If none of them needs a login, it is issued now. @throws CliError of this Secret alone */
  prepare(store: Store): Promise<Prepared>;
  /** Lets the next namespace proceed. The first namespace leaves after its Secret is written: no other Secret is written before. */
  leave(): void;
};

export type FirstSecret = {
  /** Adds a namespace to the queue. */
  enter(): Turn;
  /** Outcomes of issuing that were not yielded yet. */
  readonly issued: ChangeOutcome[];
};

/**
 * Lets namespaces through one at a time, in their order, until the first Secret is written. Therefore no password is generated for a Secret
 * that the API server would reject, and two runs over the same namespaces claim the same Secret.
 */
export function openFirstSecret({ lazySteps, reused, claims }: Issuing, env: Env): FirstSecret {
  const { dryRun, runId } = env.tools;
  const queue = openQueue();
  const issued: ChangeOutcome[] = [];
  let end: Prepared | undefined = lazySteps.length === 0 && !(reused && dryRun === "none") ? "ready" : undefined;
  let isOpen = end !== undefined;

  async function prepare(store: Store): Promise<Prepared> {
    if (end) return end;
    const prepared = (dryRun === "none" ? await claimSecret(store) : undefined) ?? (await issue());
    if (prepared === "first") end = "ready";
    else if (typeof prepared === "object" && "unitError" in prepared) end = prepared;
    return prepared;
  }

  async function claimSecret(store: Store): Promise<Prepared | undefined> {
    const change = claimOf(store);
    if (!change) return undefined;
    const { to, precondition, replaces, shape } = store;
    // For a Secret that doesn't exist, the claim itself checks that it can be created
    if (precondition && !reused) await rehearse.apply({ act: "rehearse", to, precondition, replaces, shape }, env);
    if (isClaimedSince(change)) return { unitError: new Conflict(beingMade(change)) };
    await claim.apply(change, env);
    // Check after the claim: a rotation that has not read the claim has written before this check, and a rotation that has read it waits
    return reused?.confirm();
  }

  /**
   * Whether another run claimed the Secret after the plan was made. The password that the claim records was not read and would be
   * overwritten.
   */
  function isClaimedSince({ to, precondition }: Claim): boolean {
    const found = precondition?.claim;
    return claims !== undefined && found !== undefined && found.by !== runId && !sameClaim(found, claims.get(keyOf(to)));
  }

  function claimOf({ to, precondition, shape }: Store): Claim | undefined {
    const { login } = env.run;
    const proof = login && claimProof(login, runId, to);
    if (reused) return { act: "claim", to, precondition, makes: { identity: reused.identity, proof }, shape };
    const mint = lazySteps.find((change): change is Mint => change.act === "mint");
    return mint && { act: "claim", to, precondition, makes: { identity: mint.to.name, slot: mint.slot, madeAt: mint.left }, shape };
  }

  async function issue(): Promise<Prepared> {
    try {
      issued.push(...(await executeAll(lazySteps, env)));
      return "first";
    } catch (error) {
      return { unitError: error };
    }
  }

  return {
    issued,
    enter: () => {
      if (isOpen) return { prepare, leave: () => {} };
      const { turn, leave } = queue.enter();
      return {
        prepare: (store) => turn.then(() => prepare(store)),
        leave: () => {
          isOpen = end === "ready";
          leave();
        },
      };
    },
  };
}

const beingMade = ({ to: { name, namespace } }: Claim) => `another run is making secret "${name}" in namespace "${namespace}"`;

/** Lets its users through one at a time, in the order in which they enter. */
function openQueue(): { enter(): { readonly turn: Promise<void>; leave(): void } } {
  let last = Promise.resolve();
  return {
    enter: () => {
      const turn = last;
      const { promise, resolve } = Promise.withResolvers<void>();
      last = turn.then(() => promise);
      return { turn, leave: resolve };
    },
  };
}

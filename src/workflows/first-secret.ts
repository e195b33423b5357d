import type { Env } from "../actions/action.ts";
import { executeAll } from "../actions/execute.ts";
import type { ChangeOutcome, IssuedLogin } from "../actions/outcome.ts";
import { rehearse } from "../actions/rehearse.ts";
import { Conflict } from "../errors.ts";
import { keyOf } from "../kinds.ts";
import { type Claim, mintIn, type Plan, type Store } from "../plan/change.ts";
import { claimProof, type SecretClaim, sameClaim } from "../secret/claim.ts";
import type { NamespaceState } from "../usage/namespace-state.ts";

type Issuing = {
  readonly lazySteps: Plan;
  readonly issued?: IssuedLogin | undefined;
  readonly reused?: ReusedLogin | undefined;
  /** The claims of other runs when the plan was made, by Secret. A different claim on the Secret that this run claims ends the run. */
  readonly foreignClaims?: ReadonlyMap<string, SecretClaim> | undefined;
  each: Decided["each"];
};

/** How namespaces are planned, and the login as far as it is issued. */
export type Decided = { readonly issued: IssuedLogin; each(state: NamespaceState, issued: IssuedLogin): Plan };

export type ReusedLogin = {
  readonly identity: string;
  /** Checks that they still hold it. If they hold another one, that one is reused from then on, and the namespace is planned again. */
  confirm(
    reused: IssuedLogin,
  ): Promise<{ readonly retry: Conflict; readonly decided: Decided } | { readonly unitError: Conflict } | undefined>;
};

/**
 * `first`: the login was issued for this Secret. `ready`: it was issued before. Otherwise the namespace must be planned again, or an error
 * ends all namespaces.
 */
export type Prepared = "first" | "ready" | { readonly retry: Conflict } | { readonly unitError: unknown };

export type Turn = {
  /** Waits for the namespaces before this one. If none of them needs a login, it is issued now. @throws CliError of this Secret alone */
  prepare(store: Store): Promise<Prepared>;
  /** Lets the next namespace proceed. The first namespace leaves after its Secret is written: no other Secret is written before. */
  leave(): void;
};

export type FirstSecret = {
  enter(): Turn;
  /** Outcomes of issuing that were not yielded yet. */
  readonly outcomes: ChangeOutcome[];
  decided(): Decided;
};

/**
 * Lets namespaces through one at a time, in their order, until the first Secret is written. So no password is generated for a Secret that
 * the API server would reject. Two runs over the same namespaces claim the same Secret.
 */
export function openFirstSecret({ lazySteps, reused, foreignClaims, issued = {}, each }: Issuing, env: Env): FirstSecret {
  const { dryRun, runId } = env.tools;
  const queue = openQueue();
  const outcomes: ChangeOutcome[] = [];
  let decided: Decided = { issued, each };
  let end: Prepared | undefined = lazySteps.length === 0 && !(reused && dryRun === "none") ? "ready" : undefined;
  let isOpen = end !== undefined;

  async function prepare(store: Store): Promise<Prepared> {
    if (end) return end;
    const prepared = (dryRun === "none" ? await claimFor(store) : undefined) ?? (await issue());
    if (prepared === "first") end = "ready";
    else if (typeof prepared === "object" && "unitError" in prepared) end = prepared;
    return prepared;
  }

  async function claimFor(store: Store): Promise<Prepared | undefined> {
    const change = claimOf(store);
    return change && ((await claimSecret(change, store)) ?? confirmed());
  }

  async function claimSecret(change: Claim, { to, precondition, shape }: Store): Promise<Prepared | undefined> {
    // For a Secret that doesn't exist, the claim itself checks that it can be created
    if (precondition && !reused) await rehearse.apply({ act: "rehearse", to, precondition, shape }, env);
    if (isClaimedSince(change)) return { unitError: new Conflict(beingMade(change)) };
    if (!env.claims.on(to)) await env.claims.acquire(change);
    return undefined;
  }

  /** Checks after the claim. A rotation that has read the claim waits. Any other rotation has written before this check. */
  async function confirmed(): Promise<Prepared | undefined> {
    const found = await reused?.confirm(decided.issued);
    if (found && "decided" in found) decided = found.decided;
    return found;
  }

  /**
   * Whether another run claimed the Secret after the plan was made. The password that the claim records was not read and would be
   * overwritten.
   */
  function isClaimedSince({ to, precondition }: Claim): boolean {
    const found = precondition?.claim;
    return foreignClaims !== undefined && found !== undefined && found.by !== runId && !sameClaim(found, foreignClaims.get(keyOf(to)));
  }

  function claimOf({ to, precondition, shape }: Store): Claim | undefined {
    const { login } = decided.issued;
    const proof = login && claimProof(login, runId, to);
    if (reused) return { act: "claim", to, precondition, makes: { identity: reused.identity, proof }, shape };
    const mint = mintIn(lazySteps);
    return mint && { act: "claim", to, precondition, makes: { identity: mint.to.name, slot: mint.slot, madeAt: mint.left }, shape };
  }

  async function issue(): Promise<Prepared> {
    try {
      const made = await executeAll(lazySteps, { ...env, issued: decided.issued });
      outcomes.push(...made.outcomes);
      decided = { ...decided, issued: made.issued };
      return "first";
    } catch (error) {
      return { unitError: error };
    }
  }

  return {
    outcomes,
    decided: () => decided,
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

const beingMade = ({ to: { name, namespace } }: Claim) => `another run is writing secret "${name}" in namespace "${namespace}"`;

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

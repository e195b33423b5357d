import { carryOut, type Hands } from "../../src/apply/carry-out.ts";
import type { Outcome } from "../../src/apply/outcome.ts";
import type { TokenHands } from "../../src/credential/acr-token.ts";
import type { Claim } from "../../src/credential/prove.ts";
import type { Plan, Store } from "../../src/plan/change.ts";
import { pullSecret } from "../../src/secret/pull-secret.ts";
import type { Session } from "../session.ts";
import { prove } from "./prove.ts";

/**
 * Carries out a plan that makes an ACR token. A password is proven before it is stored; where anything fails before the
 * Secret holds it, Azure is put back to where it was.
 *
 * @param claim what the credential has to prove; undefined with --verify=false
 */
export async function mintAndStore(
  plan: Plan,
  hands: Hands,
  report: (outcome: Outcome) => void,
  { session, made, claim }: { session: Session; made: TokenHands; claim: Claim | undefined },
): Promise<void> {
  const { progress, warn } = session;
  const mints = plan.some(({ act }) => act === "mint");
  // What a failure takes back is not reported as made
  const unsettled: Outcome[] = [];
  let settled = false;
  try {
    if (mints) await rehearseStore(plan, hands);
    await carryOut(
      plan,
      {
        ...hands,
        async scope(change) {
          await progress.during(`Writing scope map ${change.to.name}`, () => made.scope(change));
          if (!mints && claim && hands.login) await prove(claim, hands.login, { session, fresh: false });
        },
        async mint(change) {
          const login = await progress.during(`Making a password of token ${change.to.name}`, () => made.mint(change));
          if (claim) await prove(claim, login, { session, fresh: true });
          return login;
        },
      },
      (outcome) => {
        settled ||= outcome.change.to.kind === "secret";
        if (settled) [...unsettled.splice(0), outcome].forEach(report);
        else unsettled.push(outcome);
      },
    );
  } catch (error) {
    const takeBack = () => progress.during("Taking back what was made in Azure", () => made.undo());
    if (!settled)
      await takeBack().catch(() => warn("what was made in Azure could not be taken back; running the command again will use it"));
    throw error;
  }
}

/** Asks the API server whether it will take the Secret, before a password is made for it. */
async function rehearseStore(plan: Plan, { cluster, write }: Hands): Promise<void> {
  const store = plan.find((change): change is Store => change.act === "store");
  if (!store || store.replaces) return;
  await cluster.applySecret(pullSecret(store.to, store.provenance, '{"auths":{}}'), { ...write, dryRun: true });
}

import { carryOut, type Hands } from "../src/apply/carry-out.ts";
import type { Outcome, Seen } from "../src/apply/outcome.ts";
import { rehearse } from "../src/apply/rehearse.ts";
import type { Login } from "../src/context.ts";
import type { Plan } from "../src/plan/change.ts";
import { dryRunOf, reporter } from "./report.ts";
import type { Session } from "./session.ts";

type WritingFlags = {
  readonly "dry-run": string | undefined;
  readonly "field-manager": string | undefined;
  readonly force?: boolean;
  readonly output: string | undefined;
  readonly "show-managed-fields": boolean;
};

/** What stands around a plan when it comes to be carried out. */
export type Stage = {
  readonly session: Session;
  readonly flags: WritingFlags;
  readonly seen: Seen;
  /** The credential, where it need not be minted. */
  readonly login?: Login | undefined;
  /** What a person should know and the plan does not change. */
  readonly notices?: readonly string[];
  /** Carries out a plan that mints. */
  readonly carry?: (plan: Plan, hands: Hands, report: (outcome: Outcome) => void) => Promise<void>;
};

/**
 * The last step of every verb that writes: the plan is shown (`--dry-run=client`), tried (`server`) or carried out.
 *
 * @returns the exit code
 */
export async function conclude(plan: Plan, { session, flags, seen, login, notices = [], carry = carryOut }: Stage): Promise<number> {
  const dryRun = dryRunOf(flags);
  const { report, end } = reporter(session, flags, dryRun);
  if (dryRun === "client") rehearse(plan, seen, login).forEach(report);
  else {
    const write = { dryRun: dryRun === "server", fieldManager: flags["field-manager"] ?? "", force: flags.force ?? false };
    const hands: Hands = { cluster: session.cluster(), write, login, seen, sleep: session.context.sleep };
    // A dry run never mints, so it needs no hands in Azure
    await (dryRun === "server" ? carryOut : carry)(plan, hands, report);
  }
  notices.forEach(session.warn);
  return end();
}

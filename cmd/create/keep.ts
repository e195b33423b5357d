import { isDone, type Outcome } from "../../src/actions/outcome.ts";
import type { Kind } from "../../src/credential/kind.ts";
import { CliError, usage } from "../../src/errors.ts";
import { pluralize } from "../../src/plan/wording.ts";
import type { ClusterScope } from "../../src/scope/cluster-scopes.ts";
import { toSeconds } from "../../src/timestamp.ts";
import { cleanUp, type OwnedObject, ownedObjectKey, ownedObjectOf } from "../../src/workflows/clean-up.ts";
import { printerOf, whereOf } from "../conclude.ts";
import { type Session, toolsOf } from "../session.ts";
import type { CreateFlags } from "./options.ts";

/** What a run has written. With --keep, it remembers that between its rounds. */
export type Journal = {
  clusterScopes: readonly ClusterScope[];
  /** The objects that it has written to the cluster, by key. */
  readonly owned: Map<string, OwnedObject>;
  /** When to renew the credential. */
  renewAt: Date | undefined;
  /** The current round has created a Secret. */
  createsSecret: boolean;
};

export const newJournal = (): Journal => ({ clusterScopes: [], owned: new Map(), renewAt: undefined, createsSecret: false });

/** Passes outcomes on, and records what they have written. */
export async function* recordOutcomes(outcomes: AsyncIterable<Outcome>, journal: Journal, keep: boolean): AsyncGenerator<Outcome> {
  for await (const outcome of outcomes) {
    journal.createsSecret ||= isDone(outcome) && outcome.change.act === "store" && !outcome.change.precondition;
    // Only --keep deletes objects at the end. For thousands of namespaces, the record would use most of the memory
    if (keep && isDone(outcome)) {
      const key = ownedObjectKey(outcome.change);
      const owned = ownedObjectOf(outcome, journal.owned.get(key));
      if (owned) journal.owned.set(key, owned);
    }
    yield outcome;
  }
}

const minute = 60_000;

/** @throws CliError usage if nothing could be renewed, or if the output would be printed only at the end */
export function checkKeep({ "dry-run": dryRun, output }: CreateFlags, { renewal }: Pick<Kind, "renewal">): void {
  if (!renewal?.isShortLived) throw usage("--keep requires --entra");
  if (dryRun !== "none") throw usage("--keep and --dry-run cannot be combined");
  if (output === "json" || output === "yaml") throw usage(`-o ${output} cannot be combined with --keep; use -o jsonl`);
}

/**
 * Creates the credential, renews it before it expires, and removes what it has written to the cluster when it is interrupted. An
 * interruption is the normal end, so the exit code is then 0, like that of `kubectl port-forward`.
 * @returns the exit code
 */
export async function keepUp(once: (journal: Journal) => Promise<number>, session: Session, flags: CreateFlags): Promise<number> {
  const journal = newJournal();
  const end = await runRounds(once, journal, session).then(
    (code) => ({ code }),
    (error: unknown) => ({ error }),
  );
  const failures = await clear(journal, session, flags);
  if ("error" in end) throw end.error;
  return failures > 0 ? 1 : end.code;
}

async function runRounds(once: (journal: Journal) => Promise<number>, journal: Journal, session: Session): Promise<number> {
  const code = await once(journal);
  if (code !== 0) return code;
  session.stderr.write(`Renewing until Ctrl-C. The next token is due at ${toSeconds(dueOf(journal, session))}.\n`);
  for (let failed = 0; await waitUntil(nextTry(journal, failed, session), session); ) {
    const renewal = await once(journal).catch((error: unknown) => {
      if (!(error instanceof CliError)) throw error;
      if (!session.interrupted()) session.warn(error.message);
      return 1;
    });
    failed = renewal === 0 ? 0 : failed + 1;
    const minutes = pauseAfter(failed) / minute;
    if (failed > 0 && !session.interrupted())
      session.warn(`the token could not be renewed; retrying in ${minutes} ${pluralize(minutes, "minute", "minutes")}`);
  }
  return 0;
}

/** Returns when to renew. If no credential was issued yet, for example because no namespace exists, tries again after 15 minutes. */
const dueOf = ({ renewAt }: Journal, { now }: Session): Date => renewAt ?? new Date(now().getTime() + 15 * minute);

/** Returns the pause after failed attempts in milliseconds. It doubles each time, up to 15 minutes. */
const pauseAfter = (failed: number) => Math.min(2 ** (failed - 1), 15) * minute;

function nextTry(journal: Journal, failed: number, session: Session): Date {
  const soonest = session.now().getTime() + (failed > 0 ? pauseAfter(failed) : minute / 6);
  return new Date(failed > 0 ? soonest : Math.max(soonest, dueOf(journal, session).getTime()));
}

/** Waits in short steps, because timers stop while a machine sleeps. @returns false after an interruption */
async function waitUntil(time: Date, { now, sleep, interrupted }: Session): Promise<boolean> {
  while (!interrupted() && now() < time) {
    await sleep(Math.min(minute, time.getTime() - now().getTime())).catch((error: unknown) => {
      if (!interrupted()) throw error;
    });
  }
  return !interrupted();
}

/** @returns the number of objects that could not be removed */
async function clear({ owned, clusterScopes }: Journal, session: Session, flags: CreateFlags): Promise<number> {
  const printer = printerOf(session, flags, whereOf(clusterScopes));
  const outcomes = owned.size === 0 ? [] : await cleanUp([...owned.values()], toolsOf(session, flags));
  for (const outcome of outcomes) await printer.print(outcome);
  return outcomes.filter(({ error }) => error).length;
}

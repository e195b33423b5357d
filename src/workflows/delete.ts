import { execute } from "../actions/execute.ts";
import type { ChangeOutcome, DryRun, Outcome } from "../actions/outcome.ts";
import { endClaims } from "../actions/release.ts";
import { keyOf } from "../kinds.ts";
import type { Change, ChangeOf, Withdraw } from "../plan/change.ts";
import type { HeldLogin } from "../plan/ownership.ts";
import { revocablesOf } from "../plan/revoke.ts";
import { over } from "../scope/concurrency.ts";
import { asBefore } from "../secret/withdrawal.ts";
import { loginFor } from "../state/existing-secret.ts";
import { type NotedIn, notedIn } from "../state/noted.ts";
import { type Revocation, type RevokeOrder, type Revoking, revokeOne } from "./revoke-credential.ts";

/**
 * Goes on where logins have been taken out of all Secrets: revokes what these note and no other Secret does, and then deletes them. So the
 * note stands until it is done: a run that is killed leaves it to the next, and no Secret holds a dead password at any moment.
 * @param first the outcomes of the places
 */
export async function* revoking(first: AsyncIterable<Outcome>, order: RevokeOrder): AsyncGenerator<Outcome> {
  const { tools, run } = order;
  const leaving: ChangeOutcome[] = [];
  try {
    for await (const outcome of first) {
      if (outcome.change && outcome.change.act === "withdraw" && !outcome.error && !outcome.left) leaving.push(outcome);
      yield outcome;
    }
    const how = { ...order, lookAt: looker(leaving, order) };
    /** The Secrets of which something is left to be revoked. */
    const kept = new Set<string>();
    for await (const { outcomes, left } of revokeAll(leaving, how)) {
      for (const key of left) kept.add(key);
      yield* outcomes;
    }
    yield* over(leaving, { width: tools.width, halted: never }, (outcome) => endOne(outcome, kept, how));
  } finally {
    await endClaims({ tools, run, seen: new Map() });
  }
}

/** What was inside: a Secret keeps it aside, and one that is gone by now was looked at before. */
function looker(leaving: readonly ChangeOutcome[], { clusterScopes }: RevokeOrder): Revoking["lookAt"] {
  const found = new Map(leaving.map(({ change, object, before }) => [keyOf(change.to), object ?? before]));
  return ({ to, entry }) => {
    const secret = found.get(keyOf(to));
    const clusterScope = clusterScopes.find(({ context }) => context === to.context);
    if (secret?.kind !== "Secret" || !clusterScope) return undefined;
    return { to, clusterScope, entry, metadata: secret.metadata, login: loginFor(asBefore(secret), entry.hosts[0] ?? "") };
  };
}

/** Each says itself that it was interrupted. */
const never = () => false;

/** Azure answers slowly, and throttles. */
const atOnce = 4;

/** What became of one credential, and the Secrets of which something is left to be revoked. */
type Revoked = Pick<Revocation, "outcomes"> & { readonly left: readonly string[] };

async function* revokeAll(leaving: readonly ChangeOutcome[], how: Revoking): AsyncGenerator<Revoked> {
  const { halted, width } = how.tools;
  if (halted() || leaving.length === 0) return;
  const withdrawn = leaving.map(({ change }) => change as Withdraw);
  const others = await othersOf(withdrawn, how);
  const bounds = { width: () => Math.min(atOnce, width()), halted: never };
  yield* over(revocablesOf(withdrawn), bounds, async function* (credential) {
    const { outcomes, isDone } = halted() ? { outcomes: [], isDone: false } : await revokeOne(credential, others, how);
    yield { outcomes, left: isDone ? [] : credential.members.map(({ to }) => keyOf(to)) };
  });
}

/**
 * What Secrets note and hold that stay, or that somebody has written to since they were to go. Out of those that another run takes away
 * at this moment the login is gone already.
 */
async function othersOf(withdrawn: readonly Withdraw[], { clusterScopes, tools }: Revoking): Promise<NotedIn> {
  const versions = new Map(withdrawn.map(({ to, precondition }) => [keyOf(to), precondition.version]));
  const identities = new Set(withdrawn.flatMap(({ entries }) => entries.map(({ identity }) => identity.toLowerCase())));
  const isWanted = ({ identity }: HeldLogin) => identities.has(identity.toLowerCase());
  const found = await tools.during("Looking for others that use it", () => notedIn(clusterScopes, isWanted));
  const noted = found.noted.filter(({ to, metadata, login }) => login && versions.get(keyOf(to)) !== metadata.resourceVersion);
  return { ...found, noted };
}

/** The Secret goes, once nothing has to be known of it any more; of somebody else's the note. */
async function* endOne(withdrawn: ChangeOutcome, kept: ReadonlySet<string>, { tools, run }: Revoking): AsyncGenerator<Outcome> {
  const end = endOf(withdrawn.change as ChangeOf<"withdraw">);
  const key = keyOf(end.to);
  if (tools.halted()) return yield { change: end, left: "interrupted" };
  if (kept.has(key)) return yield { change: end, left: "failed", says: [waits(end)] };
  const known = knownOf(withdrawn, tools.dryRun);
  const env = { tools, run, seen: new Map(known ? [[key, known]] : []) };
  for await (const outcome of execute([end], env)) {
    // Its claim has gone with it
    if (!outcome.error && !outcome.left) run.claims.delete(key);
    yield outcome;
  }
}

/** The Secret as it stands by now. */
const knownOf = ({ before, object }: Outcome, dryRun: DryRun) => (dryRun === "none" ? object : (before ?? object));

function endOf({ noted: _, needs: __, ...withdrawn }: ChangeOf<"withdraw">): Change {
  const { to, entries, precondition, because, beside, immutable } = withdrawn;
  if (beside) return withdrawn;
  return { act: "remove", to, entries, precondition, because, ...(!immutable && { withdrawn: true as const }) };
}

const waits = ({ act, to: { name } }: Change) =>
  act === "remove"
    ? `secret/${name} stays, and notes what is to be revoked: the same command goes on from there`
    : `secret/${name} still notes what is to be revoked: the same command goes on from there`;

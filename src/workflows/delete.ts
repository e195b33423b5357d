import { execute } from "../actions/execute.ts";
import { type ChangeOutcome, type DryRun, isDone, type Outcome } from "../actions/outcome.ts";
import { keyOf } from "../kinds.ts";
import type { Change, ChangeOf, Withdraw } from "../plan/change.ts";
import { type HeldLogin, revocablesOf } from "../plan/ownership.ts";
import { runConcurrently } from "../scope/concurrency.ts";
import { limits } from "../scope/limits.ts";
import { readEntries } from "../secret/entry.ts";
import { asBefore } from "../secret/withdrawal.ts";
import { loginFor } from "../usage/existing-secret.ts";
import type { NamespaceReader } from "../usage/namespace-reader.ts";
import { findLogins, type SecretLogins } from "../usage/secret-logins.ts";
import { type Revocation, type RevokeOrder, type Revoking, revokeOne } from "./revoke-credential.ts";

/**
 * Continues after logins were removed from all Secrets: revokes the credentials that only these Secrets record, then deletes the Secrets.
 * The annotation stays until its credential is revoked, so that the next run can continue after a crash. No Secret ever holds a revoked
 * password.
 * @param first the outcomes of the namespaces
 */
export async function* revoking(first: AsyncIterable<Outcome>, order: RevokeOrder): AsyncGenerator<Outcome> {
  const { claims } = order;
  const leaving: ChangeOutcome[] = [];
  try {
    for await (const outcome of first) {
      if (isDone(outcome) && outcome.change.act === "withdraw") leaving.push(outcome);
      yield outcome;
    }
    const run = { ...order, readMember: memberReader(leaving, order) };
    /** The keys of the Secrets whose credential is not completely revoked. */
    const kept = new Set<string>();
    for await (const { outcomes, left } of revokeAll(leaving, run)) {
      for (const key of left) kept.add(key);
      yield* outcomes;
    }
    yield* runConcurrently(leaving, { interrupted: never }, (outcome) => endOne(outcome, kept, run));
  } finally {
    await claims.release();
  }
}

/**
 * Opens the credentials that a namespace's Secret records before anything is changed there, so that a missing Azure sign-in is reported
 * first.
 */
export async function* openFirst(places: AsyncIterable<NamespaceReader>, open: RevokeOrder["open"]): AsyncGenerator<NamespaceReader> {
  for await (const { scope, read } of places)
    yield {
      scope,
      read: async () => {
        const state = await read();
        const entries = (state.secret && readEntries(state.secret)) ?? [];
        for (const entry of entries) await open({ entry, host: entry.hosts[0] ?? "" });
        return state;
      },
    };
}

/** Returns the login that a Secret held: the emptied Secret keeps it under another key, and a deleted Secret was read before. */
function memberReader(leaving: readonly ChangeOutcome[], { clusterScope }: RevokeOrder): Revoking["readMember"] {
  const found = new Map(leaving.map(({ change, object, before }) => [keyOf(change.to), object ?? before]));
  return ({ to, entry }) => {
    const secret = found.get(keyOf(to));
    if (secret?.kind !== "Secret") return undefined;
    return { to, clusterScope, entry, metadata: secret.metadata, login: loginFor(asBefore(secret), entry.hosts[0] ?? "") };
  };
}

/** Each step reports an interruption itself. */
const never = () => false;

type Revoked = Pick<Revocation, "outcomes"> & { readonly left: readonly string[] };

async function* revokeAll(leaving: readonly ChangeOutcome[], run: Revoking): AsyncGenerator<Revoked> {
  if (run.tools.interrupted() || leaving.length === 0) return;
  const withdrawn = leaving.map(({ change }) => change as Withdraw);
  const others = await othersOf(withdrawn, run);
  const bounds = { width: limits.credentials, interrupted: never };
  yield* runConcurrently(revocablesOf(withdrawn), bounds, async function* (credential) {
    const { outcomes, isDone } = run.tools.interrupted() ? { outcomes: [], isDone: false } : await revokeOne(credential, others, run);
    yield { outcomes, left: isDone ? [] : credential.members.map(({ to }) => keyOf(to)) };
  });
}

/**
 * Lists the annotations and logins of Secrets that stay, or that were written again after this run emptied them. Secrets that another run
 * is deleting at this time have no login any more.
 */
async function othersOf(withdrawn: readonly Withdraw[], { clusterScope, tools }: Revoking): Promise<SecretLogins> {
  const versions = new Map(withdrawn.map(({ to, precondition }) => [keyOf(to), precondition.version]));
  const identities = new Set(withdrawn.flatMap(({ entries }) => entries.map(({ identity }) => identity.toLowerCase())));
  const isWanted = ({ identity }: HeldLogin) => identities.has(identity.toLowerCase());
  const found = await tools.during("Looking for other Secrets that hold it", () => findLogins(clusterScope, isWanted));
  const recorded = found.recorded.filter(({ to, metadata, login }) => login && versions.get(keyOf(to)) !== metadata.resourceVersion);
  return { ...found, recorded };
}

/** Deletes the Secret after everything that it records is revoked. */
async function* endOne(withdrawn: ChangeOutcome, kept: ReadonlySet<string>, { tools, claims }: Revoking): AsyncGenerator<Outcome> {
  const end = endOf(withdrawn.change as ChangeOf<"withdraw">);
  const key = keyOf(end.to);
  if (tools.interrupted()) return yield { change: end, left: "interrupted" };
  if (kept.has(key)) return yield { change: end, left: "failed", messages: [waits(end)] };
  const known = knownOf(withdrawn, tools.dryRun);
  const env = { tools, claims, objects: new Map(known ? [[key, known]] : []) };
  for await (const outcome of execute([end], env)) {
    // The claim was deleted with the Secret
    if (isDone(outcome)) claims.drop(end.to);
    yield outcome;
  }
}

/** Returns the Secret after this run's write, or as it was read in a dry run. */
const knownOf = ({ before, object }: Outcome, dryRun: DryRun) => (dryRun === "none" ? object : (before ?? object));

const endOf = ({ to, entries, precondition, because, immutable }: ChangeOf<"withdraw">): ChangeOf<"remove"> => ({
  act: "remove",
  to,
  entries,
  precondition,
  because,
  withdrawn: immutable ? undefined : true,
});

const waits = ({ to: { name } }: Change) =>
  `secret/${name} is kept because it records what must be revoked. Run the same command again to continue`;

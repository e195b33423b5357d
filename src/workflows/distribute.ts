import { type IssuedLogin, isFailed, type Outcome } from "../actions/outcome.ts";
import type { Tools } from "../actions/tools.ts";
import type { Issue } from "../credential/kind.ts";
import { Conflict } from "../errors.ts";
import { keyOf } from "../kinds.ts";
import type { Plan } from "../plan/change.ts";
import { planRenewed } from "../plan/namespace.ts";
import type { Rotation } from "../plan/rotation.ts";
import type { ClusterScope } from "../scope/cluster-scopes.ts";
import { wideFrom } from "../scope/limits.ts";
import { type Entry, fingerprint, readAnnotation } from "../secret/entry.ts";
import { isAlike, readExisting } from "../usage/existing-secret.ts";
import { type NamespaceReader, readersOf } from "../usage/namespace-reader.ts";
import type { NamespaceState } from "../usage/namespace-state.ts";
import { secretIn } from "../usage/plan-input.ts";
import type { RecordedLogin } from "../usage/secret-logins.ts";
import { claimsOn, type RotationState } from "./find-holders.ts";
import { runUnit } from "./unit.ts";

type FoundRotation = Rotation<RecordedLogin>;

/**
 * Issues the login and writes it to every holder. A holder that fails doesn't stop the others.
 * @param last whether this is the last round. It ignores claims of other runs, which could otherwise delay this run forever
 * @throws Conflict if another run has claimed a holder since it was read
 */
export function distribute(issue: Issue, entry: Entry, { rotation, proving }: RotationState, last: boolean): AsyncGenerator<Outcome> {
  const { steps, isLazy, login, images } = issue;
  const foreignClaims = last ? undefined : claimsOn(rotation.all);
  const unit = { steps, isLazy, issued: { login, images }, foreignClaims, each: eachOf(rotation, entry, proving.tools) };
  return untilConflict(runUnit(unit, placesOf(rotation), proving.tools), last);
}

/** Yields failures only after a success. If another run interferes before that, the next round reports them. */
async function* untilConflict(outcomes: AsyncIterable<Outcome>, last: boolean): AsyncGenerator<Outcome> {
  const waiting: Outcome[] = [];
  let well = false;
  try {
    for await (const outcome of outcomes) {
      waiting.push(outcome);
      well ||= !isFailed(outcome);
      if (well) yield* waiting.splice(0);
    }
  } catch (error) {
    if (last || !(error instanceof Conflict)) yield* waiting;
    throw error;
  }
  yield* waiting;
}

/** Returns the namespaces of the holders, grouped by Secret name: a reader reads Secrets of one name. */
async function* placesOf({ members }: FoundRotation): AsyncGenerator<NamespaceReader> {
  const names = [...new Set(members.map(({ to }) => to.name))];
  for (const name of names)
    yield* readersOf(scopeHolding({ members: members.filter(({ to }) => to.name === name) }), {
      secret: name,
      targets: { picks: [], whereUsed: false },
      pods: "none",
      lenient: true,
    });
}

/** Returns the namespaces of these Secrets, of which there is at least one. */
export function scopeHolding({ members }: Pick<FoundRotation, "members">): ClusterScope {
  const [first] = members as [RecordedLogin, ...RecordedLogin[]];
  const namespaces = [...new Set(members.flatMap(({ to }) => to.namespace ?? []))];
  return { ...first.clusterScope, namespaces, open: namespaces.length >= wideFrom };
}

/** Plans one Secret. It gets the login only if it was found to hold the credential, or if it holds the same login. */
function eachOf(
  { host, kind, identity, members }: FoundRotation,
  entry: Entry,
  { write, force }: Tools,
): (state: NamespaceState, issued: IssuedLogin) => Plan {
  const byKey = new Map(members.map((member) => [keyOf(member.to), member]));
  const logins = new Set(members.flatMap(({ login }) => (login ? [fingerprint(login)] : [])));
  const passwords = members.map(({ entry }) => entry);
  return ({ secret, scope }, { login, metadata }) => {
    if (!secret) return [];
    const { name, uid } = secret.metadata;
    const to = secretIn(scope, name);
    const { existing: read, login: inside } = readExisting(secret, host, write.fieldManager);
    const existing = { ...read, entries: read.entries ?? (force ? readAnnotation(secret) : undefined) };
    const same = isAlike(login, inside);
    const member = byKey.get(keyOf(to));
    const proven = (uid !== undefined && member?.metadata.uid === uid) || (inside !== undefined && logins.has(fingerprint(inside)));
    return planRenewed(to, { host, kind, identity, passwords, entry, madeAt: metadata?.madeAt, fresh: !same, proven, force }, existing);
  };
}

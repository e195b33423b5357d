import type { Outcome } from "../src/actions/outcome.ts";
import { allReported } from "../src/actions/reported.ts";
import { CliError, Interrupted, unlessForbidden } from "../src/errors.ts";
import { inPlace } from "../src/fix.ts";
import { dueOf, independentGroups, type NotDue, notDue, type Rotation, rotationsOf } from "../src/plan/rotation.ts";
import { type ClusterScope, clusterScopeOf } from "../src/scope/cluster-scopes.ts";
import { once, runConcurrently } from "../src/scope/concurrency.ts";
import { listedCluster } from "../src/usage/holders.ts";
import { imagesIn } from "../src/usage/images.ts";
import { findLogins, type RecordedLogin, type SecretLogins, sharedFindLogins } from "../src/usage/secret-logins.ts";
import { scopeHolding } from "../src/workflows/distribute.ts";
import type { RotateOrder } from "../src/workflows/find-holders.ts";
import { rotateCredentials as rotateCredential } from "../src/workflows/rotate.ts";
import { failure } from "../src/workflows/unit.ts";
import { conclude } from "./conclude.ts";
import { parseWait } from "./line/durations.ts";
import { identityOf } from "./line/flags.ts";
import { secrets } from "./line/known.ts";
import { scopeOf } from "./line/scope-flags.ts";
import { openRecorded } from "./recorded-credential.ts";
import { type RotateFlags, type RotateOptions, readRotateOptions, rotateFlags, skipLines, unableReasons } from "./rotate/options.ts";
import { foreignOnly, managedElsewhere, nothingToRotate, selectedBy, unable } from "./rotate/select.ts";
import { type Session, toolsOf } from "./session.ts";
import { verb } from "./verb.ts";

export const rotate = verb({
  usage: "rotate [SECRET]",
  description: [
    "Generates a second password, proves that it pulls, and writes it to every Secret with the same credential. The Secrets can be in any " +
      "namespace of the cluster. The old password stays valid until the next rotation (see --grace), and always while a Secret holds it.",
    "Without SECRET, rotates every Secret of this plugin in the selected namespaces. Run an interrupted command again to continue it.",
  ],
  examples: [
    "# Rotate the credential of a Secret, in every Secret that holds it",
    "kubectl acr-secret rotate acr-myregistry",
    "# On a schedule: rotate passwords older than 60 days and those that expire within two weeks",
    "kubectl acr-secret rotate -A --older-than 60d --expiring-within 14d",
    "# Delete a leaked password as soon as every Secret has the new one",
    "kubectl acr-secret rotate acr-myregistry --grace 0",
    "# Show what would change",
    "kubectl acr-secret rotate -A --dry-run=client",
  ],
  flags: rotateFlags,
  most: 1,
  complete: secrets,
  async run({ flags, args }, session) {
    const options = readRotateOptions(flags, args, session.now());
    const clusterScope = await clusterScopeOf(scopeOf(flags), { ...session, writes: true });
    const all = await findLogins(clusterScope, () => true, { force: flags.force });
    const isWanted = selectedBy(options, clusterScope);
    const rotations = rotationsOf(all.recorded, isWanted);
    const refusals = new Map(rotations.map((rotation) => [rotation, unable(rotation, isWanted)]));
    const able = rotations.filter((rotation) => refusals.get(rotation) === undefined);
    const refusal = [...refusals.values()].find((error) => error !== undefined);
    const foreign = foreignOnly(all, rotations, isWanted);
    const refused = foreign.filter((one) => notDue([one], options).length === 0).map(managedElsewhere);
    if (able.length === 0 && (refusal || foreign.length === 0)) throw refusal ?? (await nothingToRotate(options, clusterScope, all));
    if (able.length === 0 && refused[0]) throw refused[0];
    for (const { message, hint } of refused) {
      session.warn(message);
      if (hint !== undefined) session.hint(hint);
    }
    const skipped = rotations.filter((rotation) => refusals.get(rotation)).map((rotation) => unableReasons(rotation, options));
    const outcomes = rotateAll(able, { ...all, clusterScope, options, flags, skipped }, session);
    const code = await conclude(allReported(outcomes), session, flags, holding(able, clusterScope));
    session.stderr.write(skipLines(skipped, flags));
    return code;
  },
});

/** Returns the namespaces that outcomes can come from: a credential may also be held outside the selected namespaces. */
function holding(rotations: Parameters<typeof rotateAll>[0], clusterScope: ClusterScope): ClusterScope {
  const members = rotations.flatMap((rotation) => rotation.members);
  return members.length > 0 ? { ...scopeHolding({ members }), open: clusterScope.open } : clusterScope;
}

/** The input of a run of `rotate`. */
type Rotating = Omit<SecretLogins, "recorded"> & {
  readonly clusterScope: ClusterScope;
  readonly options: RotateOptions;
  readonly flags: RotateFlags;
  /** The reasons for each skipped credential. */
  readonly skipped: ReturnType<typeof unableReasons>[];
};

/** The maximum number of credentials that are rotated concurrently: Azure answers slowly and throttles. */
const atOnce = 4;

/** Rotates credentials, several concurrently. A credential that can't be rotated doesn't stop the others. */
async function* rotateAll(rotations: readonly Rotation<RecordedLogin>[], rotating: Rotating, session: Session): AsyncGenerator<Outcome> {
  const order = orderOf(rotating, session);
  const { options, unreadable, unrecorded, claimed } = rotating;
  // The Secrets are unknown, so none of them is rotated
  for (const { error, own } of unreadable) if (own) yield failure({ namespace: "" }, error);
  const defects: unknown[] = [];
  const ends = () => session.interrupted() || defects.length > 0;
  const begin = (rotation: Rotation<RecordedLogin>) => {
    const outcomes = rotateCredential(rotation, { unreadable, unrecorded, claimed }, order);
    return rotations.length > 1 ? rescued(outcomes, rotation, defects) : placed(outcomes, rotation);
  };
  yield* runConcurrently(independentGroups(rotations), { width: atOnce, interrupted: ends }, async function* (group) {
    for (const rotation of group) {
      if (ends()) return;
      const reasons = notDueBefore(rotation, options, session.now());
      if (reasons.length > 0) rotating.skipped.push(reasons);
      else yield* begin(rotation);
    }
  });
  for (const defect of defects) throw defect;
}

/**
 * Returns why a credential is skipped without a request to Azure: its recorded expiry is not due, and no grace period has ended. The
 * recorded age doesn't count, because anyone in the namespace can write it.
 */
function notDueBefore({ all, replaced }: Rotation<RecordedLogin>, { endsBy, createdBy }: RotateOptions, now: Date): readonly NotDue[] {
  if (createdBy !== undefined || dueOf(replaced, now).some(({ until }) => until !== undefined)) return [];
  return notDue(all, { endsBy, createdBy });
}

/**
 * Rethrows the error of the only credential as the error of the run. Its hint gets the namespace of a Secret that holds the credential.
 */
async function* placed(outcomes: AsyncIterable<Outcome>, { members: [first] }: Rotation): AsyncGenerator<Outcome> {
  try {
    yield* outcomes;
  } catch (error) {
    if (!first || !(error instanceof CliError) || typeof error.hint !== "object") throw error;
    throw error.withHint(inPlace(error.hint, first.to));
  }
}

/**
 * Yields the error of one of several credentials as an outcome. After an interruption, each credential ends separately and reports what it
 * must roll back. A defect ends the run after the running rotations have ended.
 */
async function* rescued(outcomes: AsyncIterable<Outcome>, { members }: Rotation, defects: unknown[]): AsyncGenerator<Outcome> {
  try {
    for await (const outcome of outcomes) yield asPartial(outcome);
  } catch (error) {
    const [first] = members;
    if (!first || !(error instanceof CliError)) return void defects.push(error);
    const change = { act: "keep", to: first.to, because: "it could not be rotated" } as const;
    // The error of an interruption contains what could not be rolled back
    yield error instanceof Interrupted && error.hint === undefined ? { change, left: "interrupted" } : { change, error };
  }
}

/** Marks an outcome as partial. A namespace can have Secrets of several credentials, so an error of one doesn't end the run. */
const asPartial = (outcome: Outcome): Outcome =>
  outcome.change || "notice" in outcome ? outcome : { ...outcome, isPartial: true as const };

function orderOf({ clusterScope, unreadable, options, flags, skipped }: Rotating, session: Session): RotateOrder {
  return {
    listed: sharedFindLogins(clusterScope, { force: flags.force }),
    cluster: once(() => listedCluster(clusterScope, { unreadable })),
    ...options,
    force: flags.force,
    skipped: (reasons) => skipped.push(reasons),
    reads: new WeakMap(),
    verify: flags.verify,
    dryRun: flags["dry-run"],
    now: session.now,
    open: ({ host, members, newest }) => {
      const again = { verb: "create", secret: members[0]?.to.name, registry: host } as const;
      const { verify } = flags;
      const asked = { registry: host, identity: identityOf(flags), verify, expiresAt: options.expiresAt, wait: parseWait(flags), again };
      return openRecorded(newest, asked, session);
    },
    tools: (credential) => toolsOf(session, flags, credential),
    // Without permission to list pods, the proof shows only that the registry accepts the password
    images: (host, at) => imagesIn(at, { hosts: [host], picks: [] }).catch(unlessForbidden([])),
  };
}

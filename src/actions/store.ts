import { CliError, Conflict, Interrupted, isLost } from "../errors.ts";
import { keyOf, type Ref } from "../kinds.ts";
import type { KubeObject, Secret } from "../objects.ts";
import type { Precondition, Store } from "../plan/change.ts";
import { holds } from "../plan/existing-secret.ts";
import { planStore } from "../plan/store.ts";
import type { Login } from "../registry/port.ts";
import { noteClaim, readClaim } from "../secret/claim.ts";
import { encodeDockerConfig, sketchConfig } from "../secret/docker-config.ts";
import { type Entry, entryFor, sameLogin } from "../secret/entry.ts";
import {
  type ClaimAfter,
  mergedPatch,
  mergedSecret,
  pullSecret,
  pullSecretPatch,
  replacementOf,
  unclaimed,
} from "../secret/pull-secret.ts";
import { readExisting } from "../state/existing-secret.ts";
import type { Action } from "./action.ts";
import { holdClaims, preconditionOf } from "./claim.ts";
import type { ChangeOutcome } from "./outcome.ts";
import { lookedAt, replace } from "./replace.ts";
import { type Bench, loginOf } from "./tools.ts";

/** Looks at the Secret this often, when others write to it at the same time. */
const rounds = 10;

export const store: Action<Store> = {
  apply: storeSecret,
  preview: (change, { run, seen }) => {
    const before = seen.get(keyOf(change.to));
    return { object: previewOf(change, before, run.login), ...lookBefore(before, run.login) };
  },
  message: ({ precondition, replaces }) => (replaces ? "replaced" : precondition ? "configured" : "created"),
};

/** A Secret whose password is still to be generated has an empty config in a dry run. */
function previewOf({ to, entry, merges, replaces, shape }: Store, before: KubeObject | undefined, login: Login | undefined): Secret {
  const secret = before?.kind === "Secret" ? before : undefined;
  if (merges && secret) return mergedSecret(secret, entry, login);
  const config = login ? encodeDockerConfig(entry.hosts, login) : sketchConfig;
  return replaces && secret ? replacementOf(secret, entry, config, { shape, claim: unclaimed }) : pullSecret(to, entry, config, shape);
}

/** What a dry run reports of a Secret besides the Secret itself. */
const lookBefore = (before: KubeObject | undefined, login: Login | undefined): Pick<ChangeOutcome, "before" | "unmade"> => ({
  before,
  unmade: login ? undefined : true,
});

/**
 * Writes the Secret on the version that it was looked at, and only makes it where there was none. When another has written since, it
 * is looked at again: a credential of the same kind that pulls stays, whoever made it.
 */
async function storeSecret(change: Store, bench: Bench): Promise<ChangeOutcome> {
  try {
    return await storeIn(change, bench);
  } catch (error) {
    throw bench.run.gone.has(keyOf(change.to)) && error instanceof CliError ? withLoss(change.to, error) : error;
  }
}

/** The error of a Secret that was taken away for another, where neither could be put there. */
function withLoss({ name, namespace }: Ref, error: CliError): CliError {
  const hint = `secret "${name}" in namespace "${namespace}" was deleted to be made anew, and could not be put back`;
  return error.withHint(hint);
}

async function storeIn(change: Store, bench: Bench): Promise<ChangeOutcome> {
  const { run } = bench;
  const entry = withMade(change.entry, run.made);
  const [host = ""] = entry.hosts;
  const claimed = run.claims.get(keyOf(change.to));
  let next: Store = { ...change, entry, precondition: claimed?.precondition ?? change.precondition };
  for (let round = 1; ; round++) {
    const end = await writeOrLook(next, { host, last: round === rounds }, bench);
    if ("settled" in end) return claimed?.made ? asMade(end.settled) : end.settled;
    next = end.again;
  }
}

/** An empty Secret that this run made for its claim is made by this run. */
function asMade(outcome: ChangeOutcome): ChangeOutcome {
  const { change } = outcome;
  return change.act === "store" ? { ...outcome, change: { ...change, precondition: undefined } } : outcome;
}

/** @param last whether this was the last round, whose error is the Secret's */
async function writeOrLook(next: Store, { host, last }: { readonly host: string; readonly last: boolean }, bench: Bench): Promise<Look> {
  try {
    await holdClaims(bench);
    const object = await write(next, bench).catch((error: unknown) => {
      throw withDoubt(error, next.to, bench);
    });
    afterWrite(next.to, object, bench);
    bench.run.gone.delete(keyOf(next.to));
    const look = bench.tools.write.dryRun ? lookBefore(bench.seen.get(keyOf(next.to)), bench.run.login) : {};
    return { settled: { change: next, object, ...look } };
  } catch (error) {
    if (!(error instanceof CliError) || !isOpenEnd(error, next)) throw error;
    const look = await lookAgain(next, host, bench, error);
    if (last && "again" in look) throw error;
    return look;
  }
}

/** The error of a write: where its answer was lost, nobody knows until a look what the Secret holds. */
function withDoubt(error: unknown, to: Ref<"secret">, { run, tools }: Bench): unknown {
  if (error instanceof CliError && isLost(error) && !tools.write.dryRun) run.unsure.set(keyOf(to), to);
  return error;
}

/** The note with what Azure told when it made the password. */
function withMade(entry: Entry, made: Bench["run"]["made"] = {}): Entry {
  const told = Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined));
  const { expiresAt, ...of }: Entry = { ...entry, ...told };
  return { ...of, ...(expiresAt !== undefined && { expiresAt }) };
}

/** Another was first, or the answer was lost: only a new look tells how things stand. */
const isOpenEnd = (error: CliError, { precondition }: Store) => isOld(error, precondition) || isLost(error);

/** What was looked at is not there any more, or is another version. */
const isOld = (error: CliError, precondition: Precondition | undefined) =>
  error instanceof Conflict || (precondition !== undefined && error.kind === "notFound");

async function write({ to, entry, precondition, replaces, merges, shape }: Store, bench: Bench): Promise<Secret> {
  const { tools } = bench;
  const login = loginOf(bench);
  const cluster = tools.cluster(to.context);
  // A dry run makes no password: an empty config is what the server can check
  const config = login ? encodeDockerConfig(entry.hosts, login) : sketchConfig;
  const claim = claimAfter(to, bench);
  if (precondition && merges) {
    const patch = mergedPatch(await lookedAt(to, precondition, cluster), entry, login, claim);
    return cluster.write(to, { patch }, tools.write);
  }
  if (precondition && replaces) return replace({ to, entry, precondition, shape }, { config, claim }, bench);
  if (precondition)
    return cluster.write(to, { patch: pullSecretPatch(precondition.version, entry, config, { shape, claim }) }, tools.write);
  return cluster.write(to, { create: pullSecret(to, entry, config, shape) }, tools.write);
}

/** Another run's claim is that run's to end. */
function claimAfter(to: Ref<"secret">, { run, tools: { runId, now } }: Bench): ClaimAfter {
  const claimed = run.claims.get(keyOf(to));
  if (!claimed) return {};
  return run.holds ? noteClaim(runId, now(), claimed.makes) : unclaimed;
}

/** What this run still claims once a Secret is written. */
function afterWrite(to: Ref<"secret">, object: Secret, { run, tools }: Bench): void {
  const claimed = run.claims.get(keyOf(to));
  if (claimed && readClaim(object)?.by === tools.runId)
    run.claims.set(keyOf(to), { ...claimed, made: false, precondition: preconditionOf(object), at: tools.now() });
  else run.claims.delete(keyOf(to));
}

/** Either the Secret is as it should be, or it has to be written on the version that it has now. */
type Look = { readonly settled: ChangeOutcome } | { readonly again: Store };

async function lookAgain(change: Store, host: string, bench: Bench, error: CliError): Promise<Look> {
  const { tools, run } = bench;
  const { to } = change;
  const secret = await tools.unhalted(() => tools.cluster(to.context).get(to));
  run.unsure.delete(keyOf(to));
  if (secret && readClaim(secret)?.by !== tools.runId) run.claims.delete(keyOf(to));
  if (isOther(secret, change) && !run.gone.has(keyOf(to))) return { settled: gone(change, secret) };
  // Nothing more begins
  if (!secret && error instanceof Interrupted) throw error;
  if (!secret) return { again: { ...change, precondition: undefined, replaces: false } };
  return decideAgain(change, secret, { host, bench, error });
}

type Again = { readonly host: string; readonly bench: Bench; readonly error: CliError };

async function decideAgain(change: Store, secret: Secret, { host, bench, error }: Again): Promise<Look> {
  const { tools, run } = bench;
  const { to, entry, renews } = change;
  const { existing, login } = readExisting(secret, host, tools.write.fieldManager);
  const fresh = login === undefined || run.login?.password.equals(login.password) !== true;
  const noted = entryFor(existing.entries, host);
  // The login alone may have been there before: what is noted of it is to be written too
  if (!fresh && holds(entry, host, existing)) {
    afterWrite(to, secret, bench);
    run.gone.delete(keyOf(to));
    return { settled: { change, object: secret } };
  }
  if (!isOld(error, change.precondition)) throw error;
  const isAnothers = fresh && noted && !(renews && sameLogin(noted, renews));
  const pulls = isAnothers ? await stillPulls(login, bench) : "unknown";
  const keep = (because: string): Look => ({ settled: { change: { act: "keep", to, because }, object: secret } });
  if (pulls === "yes") return keep("another run wrote a credential that pulls");
  const planned = planStore(to, { ...wishOf(change, tools), entry, host, fresh }, { ...existing, pulls });
  return planned.act === "store" ? { again: withRenewal(planned, renews) } : keep(planned.because);
}

/** What is rotated is a Secret that stands: one that somebody has deleted stays deleted, and another one is not known to hold it. */
const isOther = (secret: Secret | undefined, { renews, precondition }: Store) =>
  renews !== undefined && secret?.metadata.uid !== precondition?.uid;

const gone = ({ to }: Store, object: Secret | undefined): ChangeOutcome => ({
  change: { act: "keep", to, because: object ? "somebody has made it anew" : "somebody has deleted it" },
  object,
});

const wishOf = ({ merges, shape }: Store, { force, merge }: Bench["tools"]) => ({ force, merge: merges ?? merge, shape });

const withRenewal = (store: Store, renews: Entry | undefined): Store => (renews ? { ...store, renews } : store);

async function stillPulls(login: Bench["run"]["login"], { run, tools }: Bench): Promise<"yes" | "no" | "unknown"> {
  const image = run.proven ?? run.images[0];
  if (!login || !image) return "unknown";
  const { verdict } = await tools.registry().prove(image, login);
  if (verdict === "pulls") return "yes";
  return verdict === "refused" ? "no" : "unknown";
}

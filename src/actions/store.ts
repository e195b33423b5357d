import type { Write } from "../cluster/port.ts";
import { asCliError, CliError, Conflict, Interrupted, isLost } from "../errors.ts";
import { keyOf, type Ref } from "../kinds.ts";
import type { KubeObject, Secret } from "../objects.ts";
import type { Store } from "../plan/change.ts";
import { holds } from "../plan/existing-secret.ts";
import { planStore } from "../plan/store.ts";
import type { Login } from "../registry/port.ts";
import { noteClaim, readClaim } from "../secret/claim.ts";
import { encodeDockerConfig, sketchConfig } from "../secret/docker-config.ts";
import { type Entry, entryFor, sameLogin } from "../secret/entry.ts";
import { type ClaimAfter, mergedPatch, patched, pullSecret, pullSecretPatch, replacementOf, unclaimed } from "../secret/pull-secret.ts";
import { readExisting } from "../state/existing-secret.ts";
import type { Action } from "./action.ts";
import { holdClaims, preconditionOf } from "./claim.ts";
import type { ChangeOutcome } from "./outcome.ts";
import { lookedAt, replace } from "./replace.ts";
import { type Env, loginOf, type Tools } from "./tools.ts";
import { update } from "./update.ts";

export const store: Action<Store> = {
  apply: storeSecret,
  preview: (change, { run, seen }) => {
    const before = seen.get(keyOf(change.to));
    return { object: previewOf(change, before, run.login), ...lookBefore(before, run.login) };
  },
  message: ({ precondition, replaces }) => (replaces ? "replaced" : precondition ? "configured" : "created"),
};

/** Returns the Secret after a dry run. If its password is not generated yet, it has an empty config. */
function previewOf({ to, entry, merges, replaces, shape }: Store, before: KubeObject | undefined, login: Login | undefined): Secret {
  const secret = before?.kind === "Secret" ? before : undefined;
  if (merges && secret) return patched(secret, mergedPatch(secret, entry, login));
  const config = login ? encodeDockerConfig(entry.hosts, login) : sketchConfig;
  return replaces && secret ? replacementOf(secret, entry, config, { shape, claim: unclaimed }) : pullSecret(to, entry, config, shape);
}

/** Returns what a dry run reports in addition to the new Secret. */
const lookBefore = (before: KubeObject | undefined, login: Login | undefined): Pick<ChangeOutcome, "before" | "unmade"> => ({
  before,
  unmade: login ? undefined : true,
});

/**
 * Writes the version of the Secret that was read, or creates it if there was none. After a conflict, reads it again: a credential of the
 * same kind that pulls is kept, even if another run wrote it.
 */
async function storeSecret(change: Store, env: Env): Promise<ChangeOutcome> {
  try {
    return await storeIn(change, env);
  } catch (error) {
    throw env.run.gone.has(keyOf(change.to)) && error instanceof CliError ? withLoss(change.to, error) : error;
  }
}

/** Adds to the error that the Secret was deleted and that neither the new one nor the old one could be created. */
function withLoss({ name, namespace }: Ref, error: CliError): CliError {
  const hint = `secret "${name}" in namespace "${namespace}" was deleted to be made anew, and could not be put back`;
  return error.withHint(hint);
}

async function storeIn(change: Store, env: Env): Promise<ChangeOutcome> {
  const { run } = env;
  const claimed = run.claims.get(keyOf(change.to));
  let last: Store = {
    ...change,
    entry: withMade(change.entry, run.made),
    precondition: claimed?.precondition ?? change.precondition,
  };
  const outcome = await update<Store | ChangeOutcome, ChangeOutcome>({
    initial: last,
    read: () => readAgain(last, env),
    write: async (next) => {
      if ("change" in next) return next;
      last = next;
      return writeSecret(next, env);
    },
    attempts: 10,
  });
  return claimed?.made ? asMade(outcome) : outcome;
}

/** Reports `created` if this run created the Secret for its claim. */
function asMade(outcome: ChangeOutcome): ChangeOutcome {
  const { change } = outcome;
  return change.act === "store" ? { ...outcome, change: { ...change, precondition: undefined } } : outcome;
}

/** @throws Conflict if the Secret must be read again */
async function writeSecret(change: Store, env: Env): Promise<ChangeOutcome> {
  const { run, seen, tools } = env;
  const key = keyOf(change.to);
  const object = await holdClaims(env)
    .then(() => sendSecret(change, env))
    .catch(asCliError);
  if (object instanceof CliError) return outcomeOf(object, change, env);
  afterWrite(change.to, object, env);
  run.gone.delete(key);
  return { change, object, ...(tools.write.dryRun && lookBefore(seen.get(key), run.login)) };
}

/** Returns the outcome of a write that was rejected, or whose response was lost. @throws Conflict if the Secret must be read again */
async function outcomeOf(error: CliError, change: Store, env: Env): Promise<ChangeOutcome> {
  if (change.precondition && error.kind === "notFound") throw new Conflict(error.message);
  if (!isLost(error)) throw error;
  const decided = await readAgain(change, env, error);
  if ("change" in decided) return decided;
  throw new Conflict(error.message);
}

/** Returns the annotation entry with the metadata that Azure returned with the password. */
function withMade(entry: Entry, made: Env["run"]["made"] = {}): Entry {
  const known = Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined));
  // expiresAt is the last field of the entry
  const { expiresAt, ...of }: Entry = { ...entry, ...known };
  return { ...of, expiresAt };
}

async function sendSecret(change: Store, env: Env): Promise<Secret> {
  const { to, entry, shape } = change;
  const { tools, run } = env;
  const login = loginOf(env);
  // A dry run generates no password. The server can check an empty config instead
  const config = login ? encodeDockerConfig(entry.hosts, login) : sketchConfig;
  const claim = claimAfter(to, env);
  try {
    if (change.precondition && change.replaces)
      return await replace({ to, entry, precondition: change.precondition, shape }, { config, claim }, env);
    return await tools.cluster(to.context).write(to, await textOf(change, { login, config, claim }, tools), tools.write);
  } catch (error) {
    // Until the Secret is read, it may hold the login
    if (error instanceof CliError && isLost(error) && !tools.write.dryRun) run.unsure.set(keyOf(to), to);
    throw error;
  }
}

type Content = { readonly login: Login | undefined; readonly config: string; readonly claim: ClaimAfter };

async function textOf({ to, entry, precondition, merges, shape }: Store, { login, config, claim }: Content, tools: Tools): Promise<Write> {
  if (!precondition) return { create: pullSecret(to, entry, config, shape) };
  if (!merges) return { patch: pullSecretPatch(precondition.version, entry, config, { shape, claim }) };
  return { patch: mergedPatch(await lookedAt(to, precondition, tools.cluster(to.context)), entry, login, claim) };
}

/** Returns the claim after the write: keeps the claim of another run. */
function claimAfter(to: Ref<"secret">, { run, tools: { runId, now } }: Env): ClaimAfter {
  const claimed = run.claims.get(keyOf(to));
  if (!claimed) return {};
  return run.holds ? noteClaim(runId, now(), claimed.makes) : unclaimed;
}

/** Records whether this run still claims the written Secret. */
function afterWrite(to: Ref<"secret">, object: Secret, { run, tools }: Env): void {
  const claimed = run.claims.get(keyOf(to));
  if (claimed && readClaim(object)?.by === tools.runId)
    run.claims.set(keyOf(to), { ...claimed, made: false, precondition: preconditionOf(object), at: tools.now() });
  else run.claims.delete(keyOf(to));
}

/**
 * Reads the Secret and decides again.
 * @param lost the error of a write whose answer was lost: if the Secret exists and does not hold the login, the write has failed
 * @returns the change to make now, or the outcome if there is none
 */
async function readAgain(change: Store, env: Env, lost?: CliError): Promise<Store | ChangeOutcome> {
  const { tools, run } = env;
  const { to } = change;
  const secret = await tools.unhalted(() => tools.cluster(to.context).get(to));
  run.unsure.delete(keyOf(to));
  if (secret && readClaim(secret)?.by !== tools.runId) run.claims.delete(keyOf(to));
  if (isOther(secret, change) && !run.gone.has(keyOf(to))) return gone(change, secret);
  if (secret) return decide(change, secret, env, lost);
  // An interrupted run starts no new change
  if (lost instanceof Interrupted) throw lost;
  return { ...change, precondition: undefined, replaces: false };
}

async function decide(change: Store, secret: Secret, env: Env, lost: CliError | undefined): Promise<Store | ChangeOutcome> {
  const { tools, run } = env;
  const { to, entry, renews } = change;
  const [host = ""] = entry.hosts;
  const { existing, login } = readExisting(secret, host, tools.write.fieldManager);
  const fresh = login === undefined || run.login?.password.equals(login.password) !== true;
  // The Secret may have had this login before, so the annotation entry must match too
  if (!fresh && holds(entry, host, existing)) {
    afterWrite(to, secret, env);
    run.gone.delete(keyOf(to));
    return { change, object: secret };
  }
  if (lost) throw lost;
  const noted = entryFor(existing.entries, host);
  const isAnothers = fresh && noted && !(renews && sameLogin(noted, renews));
  const pulls = isAnothers ? await stillPulls(login, env) : "unknown";
  const keep = (because: string): ChangeOutcome => ({ change: { act: "keep", to, because }, object: secret });
  if (pulls === "yes") return keep("another run wrote a credential that pulls");
  const planned = planStore(to, { ...optionsOf(change, tools), entry, host, fresh }, { ...existing, pulls });
  return planned.act === "store" ? { ...planned, renews } : keep(planned.because);
}

/**
 * Whether the Secret is not the one to rotate. A rotation writes only existing Secrets: a deleted Secret stays deleted, and a Secret that
 * was created again may hold another credential.
 */
const isOther = (secret: Secret | undefined, { renews, precondition }: Store) =>
  renews !== undefined && secret?.metadata.uid !== precondition?.uid;

const gone = ({ to }: Store, object: Secret | undefined): ChangeOutcome => ({
  change: { act: "keep", to, because: object ? "somebody has made it anew" : "somebody has deleted it" },
  object,
});

const optionsOf = ({ merges, shape }: Store, { force, merge }: Env["tools"]) => ({ force, merge: merges ?? merge, shape });

async function stillPulls(login: Env["run"]["login"], { run, tools }: Env): Promise<"yes" | "no" | "unknown"> {
  const image = run.proven ?? run.images[0];
  if (!login || !image) return "unknown";
  const { verdict } = await tools.registry().prove(image, login);
  if (verdict === "pulls") return "yes";
  return verdict === "refused" ? "no" : "unknown";
}

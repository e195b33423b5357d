import { asCliError, CliError, Conflict, Interrupted, isLost } from "../errors.ts";
import { keyOf, type Ref } from "../kinds.ts";
import type { Cluster, Write } from "../kube/port.ts";
import type { KubeObject, Secret } from "../objects.ts";
import type { Precondition, Store } from "../plan/change.ts";
import { holds } from "../plan/existing-secret.ts";
import { planStore } from "../plan/store.ts";
import type { Login } from "../registry/port.ts";
import { emptyConfig, encodeDockerConfig } from "../secret/docker-config.ts";
import { type Entry, entryFor, sameLogin } from "../secret/entry.ts";
import { type ClaimAfter, mergedPatch, patched, pullSecret, pullSecretPatch } from "../secret/pull-secret.ts";
import { readExisting } from "../usage/existing-secret.ts";
import { type Action, type Env, loginOf, type Result } from "./action.ts";
import type { ChangeOutcome, IssuedLogin } from "./outcome.ts";
import type { Tools } from "./tools.ts";
import { update } from "./update.ts";

export const store: Action<Store> = {
  apply: storeSecret,
  preview: (change, { issued, objects }) => {
    const before = objects.get(keyOf(change.to));
    return { object: previewOf(change, before, issued?.login), ...lookBefore(before, issued?.login) };
  },
  message: ({ precondition }) => (precondition ? "configured" : "created"),
};

/** Returns the Secret after a dry run. If its password is not generated yet, it has an empty config. */
function previewOf({ to, entry, merges, shape }: Store, before: KubeObject | undefined, login: Login | undefined): Secret {
  const secret = before?.kind === "Secret" ? before : undefined;
  if (merges && secret) return patched(secret, mergedPatch(secret, entry, login));
  return pullSecret(to, entry, login ? encodeDockerConfig(entry.hosts, login) : emptyConfig, shape);
}

const lookBefore = (before: KubeObject | undefined, login: Login | undefined): Pick<ChangeOutcome, "before" | "unmade"> => ({
  before,
  unmade: login ? undefined : true,
});

type Left = {
  /** The response to a write was lost, and the Secret could not be read since, so it may hold the login. */
  mayHold: boolean;
};

type Attempt = Env & { readonly left: Left };

/**
 * Writes the version of the Secret that was read, or creates it if there was none. After a conflict, reads it again: a credential of the
 * same kind that pulls is kept, even if another run wrote it.
 * @throws CliError if the Secret certainly doesn't hold the login
 */
async function storeSecret(change: Store, env: Env): Promise<Result> {
  const left: Left = { mayHold: false };
  try {
    return await storeIn(change, { ...env, left });
  } catch (error) {
    if (left.mayHold && error instanceof CliError) return { error, mayHold: true };
    throw error;
  }
}

async function storeIn(change: Store, attempt: Attempt): Promise<ChangeOutcome> {
  const claimed = attempt.claims.on(change.to);
  let last: Store = {
    ...change,
    entry: withMetadata(change.entry, attempt.issued?.metadata),
    precondition: claimed?.precondition ?? change.precondition,
  };
  const outcome = await update<Store | ChangeOutcome, ChangeOutcome>({
    initial: last,
    read: () => readAgain(last, attempt),
    write: async (next) => {
      if ("change" in next) return next;
      last = next;
      return writeSecret(next, attempt);
    },
    attempts: 10,
  });
  return claimed?.created ? asCreated(outcome) : outcome;
}

/** Reports `created` if this run created the Secret for its claim. */
function asCreated(outcome: ChangeOutcome): ChangeOutcome {
  const { change } = outcome;
  return change.act === "store" ? { ...outcome, change: { ...change, precondition: undefined } } : outcome;
}

/** @throws Conflict if the Secret must be read again */
async function writeSecret(change: Store, attempt: Attempt): Promise<ChangeOutcome> {
  const { claims, objects, tools, issued } = attempt;
  const object = await claims
    .keep()
    .then(() => sendSecret(change, attempt))
    .catch(asCliError);
  if (object instanceof CliError) return outcomeOf(object, change, attempt);
  claims.written(change.to, object);
  return { change, object, ...(tools.write.dryRun ? lookBefore(objects.get(keyOf(change.to)), issued?.login) : {}) };
}

/** Returns the outcome of a write that was rejected, or whose response was lost. @throws Conflict if the Secret must be read again */
async function outcomeOf(error: CliError, change: Store, attempt: Attempt): Promise<ChangeOutcome> {
  if (change.precondition && error.kind === "notFound") throw new Conflict(error.message);
  if (!isLost(error)) throw error;
  const decided = await readAgain(change, attempt, error);
  if ("change" in decided) return decided;
  throw new Conflict(error.message);
}

/** Adds to an entry what Azure returned with the new password. */
export function withMetadata(entry: Entry, metadata: IssuedLogin["metadata"] = {}): Entry {
  const known = Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined));
  // expiresAt is the last field of the entry
  const { expiresAt, ...of }: Entry = { ...entry, ...known };
  return { ...of, expiresAt };
}

async function sendSecret(change: Store, attempt: Attempt): Promise<Secret> {
  const { to, entry } = change;
  const { tools, left } = attempt;
  const login = loginOf(attempt);
  // A dry run generates no password. The server can check an empty config instead
  const config = login ? encodeDockerConfig(entry.hosts, login) : emptyConfig;
  const claim = attempt.claims.after(to);
  try {
    return await tools.cluster().write(to, await textOf(change, { login, config, claim }, tools), tools.write);
  } catch (error) {
    // Until the Secret is read, it may hold the login
    left.mayHold ||= error instanceof CliError && isLost(error) && !tools.write.dryRun;
    throw error;
  }
}

type Content = { readonly login: Login | undefined; readonly config: string; readonly claim: ClaimAfter };

async function textOf({ to, entry, precondition, merges, shape }: Store, { login, config, claim }: Content, tools: Tools): Promise<Write> {
  if (!precondition) return { create: pullSecret(to, entry, config, shape) };
  if (!merges) return { patch: pullSecretPatch(precondition.version, entry, config, { shape, claim }) };
  return { patch: mergedPatch(await readVersion(to, precondition, tools.cluster()), entry, login, claim) };
}

/**
 * Reads the Secret and decides again.
 * @param lost the error of a write whose response was lost. It has failed if the Secret exists without the login
 * @returns the change to make now, or the outcome if there is none
 */
async function readAgain(change: Store, attempt: Attempt, lost?: CliError): Promise<Store | ChangeOutcome> {
  const { tools, claims, left } = attempt;
  const { to } = change;
  const secret = await tools.uninterrupted(() => tools.cluster().get(to));
  left.mayHold = false;
  claims.checkOwner(to, secret);
  if (isOther(secret, change)) return keepReplaced(change, secret);
  if (secret) return decide(change, secret, attempt, lost);
  // An interrupted run starts no new change
  if (lost instanceof Interrupted) throw lost;
  return { ...change, precondition: undefined };
}

async function decide(change: Store, secret: Secret, attempt: Attempt, lost: CliError | undefined): Promise<Store | ChangeOutcome> {
  const { tools, claims, issued } = attempt;
  const { to, entry, renews, shape } = change;
  const [host = ""] = entry.hosts;
  const { existing, login } = readExisting(secret, host, tools.write.fieldManager);
  const fresh = login === undefined || issued?.login?.password.equals(login.password) !== true;
  // The Secret may have had this login before, so the annotation entry must match too
  if (!fresh && holds(entry, host, existing)) {
    claims.written(to, secret);
    return { change, object: secret };
  }
  if (lost) throw lost;
  const recorded = entryFor(existing.entries, host);
  const isAnothers = fresh && recorded && !(renews && sameLogin(recorded, renews));
  const pulls = isAnothers ? await stillPulls(login, attempt) : "unknown";
  const keep = (because: string): ChangeOutcome => ({ change: { act: "keep", to, because }, object: secret });
  if (pulls === "yes") return keep("another run wrote a credential that pulls");
  const planned = planStore(to, { entry, host, fresh, force: tools.force, shape, renews: renews !== undefined }, { ...existing, pulls });
  return planned.act === "store" ? { ...planned, renews } : keep(planned.because);
}

/**
 * Whether the Secret is not the one to rotate. A rotation writes only existing Secrets: a deleted Secret stays deleted, and a Secret that
 * was created again may hold another credential.
 */
const isOther = (secret: Secret | undefined, { renews, precondition }: Store) =>
  renews !== undefined && secret?.metadata.uid !== precondition?.uid;

const keepReplaced = ({ to }: Store, object: Secret | undefined): ChangeOutcome => ({
  change: { act: "keep", to, because: object ? "another user recreated it" : "another user deleted it" },
  object,
});

async function stillPulls(login: Login | undefined, { issued, tools }: Env): Promise<"yes" | "no" | "unknown"> {
  const image = issued?.proven ?? issued?.images?.[0];
  if (!login || !image) return "unknown";
  const { verdict } = await tools.registry().prove(image, login);
  if (verdict === "pulls") return "yes";
  return verdict === "refused" ? "no" : "unknown";
}

/** Reads a Secret with its data. @throws Conflict if it changed after it was read */
async function readVersion(to: Ref<"secret">, { version }: Precondition, cluster: Cluster): Promise<Secret> {
  const secret = await cluster.get(to);
  if (secret?.metadata.resourceVersion === version) return secret;
  throw new Conflict(`secret "${to.name}" in namespace "${to.namespace}" has been changed`);
}

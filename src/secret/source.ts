import { skewOfServers } from "../clock.ts";
import { absent, CliError, InTheWay } from "../errors.ts";
import { kubectl } from "../hint.ts";
import type { Ref } from "../kinds.ts";
import type { Decide, Decision } from "../kube/edit.ts";
import { managedBy, type Secret } from "../objects.ts";
import type { Login } from "../registry/port.ts";
import { toSeconds } from "../timestamp.ts";
import { emptyConfig, encodeDockerConfig, withLogin, withoutLogin } from "./docker-config.ts";
import { loginOf, loginsIn, sameLogin } from "./login.ts";
import {
  type Claim,
  type Copies,
  type Credential,
  claimKey,
  claimOf,
  copiesData,
  copiesKey,
  copiesOf,
  copyLabel,
  credentialKey,
  credentialOf,
  type Intent,
  isOurs,
  samePassword,
  sourceKey,
  sourceOf,
} from "./record.ts";
import { type ShapeName, shapeNamed, shapeOf, shapes } from "./shapes.ts";

// What a run writes to the source of a credential and to its copies. Every function decides by looking at the Secret, and is pure.

/** How long a claim lasts, in milliseconds. */
export const claimLasts = 120_000;
/** How long one request may take, in milliseconds: a run sends nothing without a precondition if its claim ends sooner. */
export const requestLimit = 60_000;

/** The run that decides. */
export type By = {
  readonly run: string;
  /** The time of the API server, in milliseconds. */
  readonly now: number;
  readonly isDry: boolean;
};

type SecretDecide = Decide<"secret">;

const keep = (because: string): Decision => ({ act: "keep", because });
const refuse = (error: CliError): Decision => ({ act: "refuse", error });

/** Another run has claimed the Secret until then (milliseconds, by the API server's clock). */
export class Claimed extends InTheWay {
  readonly until: number;

  constructor({ namespace, name }: Ref, until: number) {
    const message = `another run is writing secret "${name}" in namespace "${namespace}" until ${toSeconds(new Date(until))}`;
    super(message, "run the command again after that time");
    this.until = until;
  }
}

/** What the run has read is old: another run has taken over, or a claim is ending. The verb must start again. */
export class StartAgain extends CliError {
  constructor(because: string, cause?: CliError) {
    // Anyone in a namespace can write its Secrets
    const owner = cause ? "azure" : "namespace";
    super(cause?.kind ?? "conflict", because, { hint: cause?.hint ?? "run the command again", cause, owner });
  }
}

/** A claim that ends later than any run can write is void, whatever its annotation says. */
const isLive = ({ until }: Claim, now: number): boolean =>
  now < Date.parse(until) + skewOfServers && Date.parse(until) <= now + claimLasts + skewOfServers;

/** The claim of another run on a Secret, while it lasts. */
export function otherClaim(secret: Secret | undefined, { run, now }: Pick<By, "run" | "now">): Claim | undefined {
  const claim = claimOf(secret);
  return claim && claim.run !== run && isLive(claim, now) ? claim : undefined;
}

export const claimedBy = (to: Ref, { until }: Claim) => new Claimed(to, Date.parse(until) + skewOfServers);

const claimFrom = ({ run, now }: By, more: Omit<Claim, "run" | "until">): Claim => ({
  run,
  until: new Date(now + claimLasts).toISOString(),
  ...more,
});

const annotationOf = (claim: Claim) => ({ [claimKey]: JSON.stringify(claim) });
const annotate = (annotations: Readonly<Record<string, string | null>>, because: string): Decision => ({
  act: "patch",
  patch: { metadata: { annotations } },
  because,
});

const labels = (shape: ShapeName | undefined) => ({ [managedBy.key]: managedBy.value, ...shapeNamed(shape).labels });

/** A new Secret. @param config the text of a docker config */
function newSecret({ namespace = "", name }: Ref<"secret">, of: Pick<Secret, "data"> & NewSecret): Secret {
  const { shape, config, annotations, data, more = shapeNamed(shape).labels } = of;
  const { type, fill } = shapeNamed(shape);
  const metadata = { namespace, name, labels: { [managedBy.key]: managedBy.value, ...more }, annotations };
  return { apiVersion: "v1", kind: "Secret", metadata, type, data: { ...fill(config), ...data } };
}

type NewSecret = {
  readonly shape: ShapeName | undefined;
  readonly config: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** More labels. Default: those of the shape. */
  readonly more?: Readonly<Record<string, string>> | undefined;
};

export type Claiming = {
  /** What the run wants to write, if it may create the Secret. Absent: it must exist, and have a record. */
  readonly creates?: { readonly shape: ShapeName | undefined; obstacle(secret: Secret): CliError | undefined };
  /** Noted before anything is created in Azure. */
  readonly identity?: string | undefined;
  /** The slot that the run is about to fill, if that is known already. */
  readonly intent?: Omit<Intent, "until"> | undefined;
};

/** Claims the source, and takes over what a killed run has noted. */
export const claiming =
  (to: Ref<"secret">, by: By, order: Claiming): SecretDecide =>
  (old) =>
    old ? claimExisting(old, to, by, order) : claimNew(to, by, order);

function claimExisting(old: Secret, to: Ref<"secret">, by: By, order: Claiming): Decision {
  const problem = order.creates?.obstacle(old) ?? rejection(to, old, order.creates ? order.creates.shape : shapeOf(old));
  if (problem) return refuse(problem);
  const other = otherClaim(old, by);
  if (other && !by.isDry) return refuse(claimedBy(to, other));
  const { intent = intentOf(by, order), identity = order.identity, created } = claimOf(old) ?? {};
  return annotate(annotationOf(claimFrom(by, { identity, intent, created })), "it is claimed");
}

const intentOf = (by: By, { intent }: Claiming): Intent | undefined =>
  intent && { ...intent, until: new Date(by.now + claimLasts).toISOString() };

function claimNew(to: Ref<"secret">, by: By, order: Claiming): Decision {
  const { identity, creates } = order;
  if (!creates) return refuse(absent("secrets", to.name));
  const annotations = annotationOf(claimFrom(by, { identity, intent: intentOf(by, order), created: true }));
  // Without the labels of its reader, which would read a Secret without a login
  return { act: "create", object: newSecret(to, { shape: creates.shape, config: emptyConfig, annotations, more: {} }) };
}

/**
 * Decides for the source as long as the run has claimed it. `isDone` comes first: the response to the run's own write may have been lost. A
 * dry run has not written its claim.
 */
const whileClaimed =
  (by: By, isDone: (old: Secret | undefined) => boolean, decide: (old: Secret, claim: Claim | undefined) => Decision): SecretDecide =>
  (old) => {
    if (isDone(old) || (!old && by.isDry)) return keep("it is done");
    const claim = claimOf(old);
    return old && (claim?.run === by.run || by.isDry) ? decide(old, claim) : refuse(new StartAgain("another run has taken over"));
  };

const neverDone = () => false;

/** Makes the claim end later. Notes the slot that is about to be filled: that must be known if this run is killed. */
export const extending = (by: By, intent?: Omit<Intent, "until"> | "none"): SecretDecide =>
  whileClaimed(by, neverDone, (_, claim) => {
    const later = claimFrom(by, { identity: claim?.identity, created: claim?.created, intent: claim?.intent });
    if (intent === undefined) return annotate(annotationOf(later), "it is claimed for longer");
    return annotate(annotationOf({ ...later, intent: intent === "none" ? undefined : { ...intent, until: later.until } }), "it is claimed");
  });

export type Storing = {
  readonly credential: Credential;
  /** Absent in a dry run, which generates none. */
  readonly login: Login | undefined;
  /** Absent: they stay. */
  readonly copies?: Copies | undefined;
  readonly shape: ShapeName | undefined;
};

/**
 * Writes the record and the login that it describes, in one write. The claim stays without an intent that was used, or ends with it.
 * @param endsClaim whether the claim ends: no copy follows, and no password is to end
 */
export function storing(to: Ref<"secret">, by: By, of: Storing, { endsClaim = false } = {}): SecretDecide {
  const { credential } = of;
  const isClaimed = (old: Secret | undefined) => claimOf(old)?.run === by.run;
  const store = whileClaimed(
    by,
    (old) => old !== undefined && isStored(old, of) && isClaimed(old) !== endsClaim,
    (old, claim) => {
      const isUsed = claim?.intent !== undefined && isFor(claim.intent, credential, credentialOf(old));
      const intent = isUsed ? undefined : claim?.intent;
      const after = endsClaim ? { [claimKey]: null } : annotationOf(claimFrom(by, { identity: claim?.identity, intent }));
      return patchWith(old, of, after);
    },
  );
  return (old) => (!old && by.isDry ? createWith(to, of) : store(old));
}

/** Whether the record describes the password for which an intent was noted. A key of an application has another id than its noted name. */
const isFor = ({ slot }: Intent, credential: Credential, old: Credential | undefined): boolean =>
  !samePassword(credential, old) && (slot === credential.slot || !/^password[12]$/.test(slot));

/** Writes a source without a claim, for a login that the run did not generate. */
export const storingGiven =
  (to: Ref<"secret">, of: Storing, obstacle: (secret: Secret) => CliError | undefined): SecretDecide =>
  (old) => {
    if (!old) return createWith(to, of);
    const problem = obstacle(old) ?? rejection(to, old, of.shape);
    if (problem) return refuse(problem);
    return isStored(old, of) ? keep("holds this credential") : patchWith(old, of, {});
  };

export const isStored = (old: Secret, { credential, login, copies, shape }: Storing): boolean =>
  JSON.stringify(credentialOf(old)) === JSON.stringify(credential) &&
  (login === undefined || sameLogin(loginOf(old, credential.host), login)) &&
  (copies === undefined || copiesData(copiesOf(old)) === copiesData(copies)) &&
  shapeNamed(shape).type === old.type;

const createWith = (to: Ref<"secret">, { credential, login, copies = {}, shape }: Storing): Decision => {
  const list = copiesData(copies);
  const config = login ? encodeDockerConfig(credential.host, login) : emptyConfig;
  const annotations = { [credentialKey]: JSON.stringify(credential) };
  const object = newSecret(to, { shape, config, annotations, data: list === null ? {} : { [copiesKey]: list } });
  return { act: "create", object, note: { unmade: login ? undefined : true } };
};

/** The Secret that `create --export` prints. */
export function exportedSecret(to: Ref<"secret">, { credential, login, shape }: Omit<Storing, "copies">): Secret {
  const config = login ? encodeDockerConfig(credential.host, login) : emptyConfig;
  return newSecret(to, { shape, config, annotations: { [credentialKey]: JSON.stringify(credential) } });
}

function patchWith(old: Secret, of: Storing, claim: Readonly<Record<string, string | null>>): Decision {
  const { credential, login, copies, shape } = of;
  const annotations = { [credentialKey]: JSON.stringify(credential), ...claim };
  const list = copies && { [copiesKey]: copiesData(copies) };
  const data = { ...dataWith(old, credential.host, login, shape), ...list };
  // A copy becomes a source
  const noCopy = sourceOf(old) ? { labels: { [copyLabel]: null }, annotations: { [sourceKey]: null } } : undefined;
  const metadata = { labels: { ...labels(shape), ...noCopy?.labels }, annotations: { ...annotations, ...noCopy?.annotations } };
  return {
    act: "patch",
    patch: { metadata, data },
    because: sameLogin(loginOf(old, credential.host), login) ? "its record differs" : "holds another credential",
    note: { unmade: login ? undefined : true },
  };
}

/** Returns the data of a Secret that gets a login. Entries of other hosts stay byte for byte. */
function dataWith(old: Secret, host: string, login: Login | undefined, shape: ShapeName | undefined): Readonly<Record<string, string>> {
  if (!login) return {};
  const { type, fill } = shapeNamed(shape);
  const before = old.data?.[configKey];
  if (type === shapes["pull-secret"].type && before !== undefined) return { [configKey]: withLogin(before, host, login) };
  return fill(encodeDockerConfig(host, login));
}

const configKey = ".dockerconfigjson";

/** Removes the login for a host; null deletes a key. */
function dataWithout(old: Secret, host: string): Readonly<Record<string, string | null>> {
  const { keys, type } = shapeNamed(shapeOf(old));
  const before = old.data?.[configKey];
  if (type === shapes["pull-secret"].type && before !== undefined) return { [configKey]: withoutLogin(before, host) };
  return Object.fromEntries(keys.map((key) => [key, null]));
}

/** Whether nothing would be lost with a Secret once its login for the host is out. */
export function holdsNothingElse(old: Secret, host: string): boolean {
  const { keys } = shapeNamed(shapeOf(old));
  const isOwnKey = (key: string) => keys.includes(key) || key === copiesKey;
  return Object.keys(old.data ?? {}).every(isOwnKey) && loginsIn(old).every(({ server }) => server === host);
}

/** Whether a killed run has only claimed a Secret that it had created. @param now in milliseconds */
export function isAbandoned(secret: Secret, now: number): boolean {
  const claim = claimOf(secret);
  return claim?.created === true && !isLive(claim, now) && !credentialOf(secret) && holdsNothingElse(secret, "");
}

/** Ends the claim of a run that gives up. What it notes about a password stays for the next run, in a claim that has ended. */
export const abandoning = (by: By): SecretDecide =>
  whileClaimed(
    by,
    (old) => claimOf(old)?.run !== by.run,
    (old, claim) => {
      if (claim?.intent) return annotate(annotationOf({ ...claim, until: new Date(0).toISOString() }), "the run gave up");
      const isEmpty = claim?.created && !credentialOf(old) && holdsNothingElse(old, "");
      return isEmpty ? { act: "delete", because: "it has no login" } : annotate({ [claimKey]: null }, "the run gave up");
    },
  );

/**
 * Ends the claim of a run that is done. What a killed run noted about a password stays, unless this run has ended that password.
 * @param of the credential that the copies were given
 */
export const releasing = (by: By, of: Credential, isSettled: boolean): SecretDecide =>
  whileClaimed(
    by,
    (old) => claimOf(old)?.run !== by.run && JSON.stringify(credentialOf(old)) === JSON.stringify(of),
    (_, claim) => {
      const note = claim?.intent && !isSettled ? annotationOf({ ...claim, until: new Date(0).toISOString() }) : { [claimKey]: null };
      return annotate(note, "the run is done");
    },
  );

export type Copying = {
  readonly source: Ref<"secret">;
  readonly credential: Credential;
  /** Absent in a dry run, which generates none. */
  readonly login: Login | undefined;
  /** Whether a copy that does not exist is created. */
  readonly mayCreate: boolean;
  /** Whether the copy takes the place of a Secret that is not its copy: a source, or a copy of another source. */
  readonly replaces?: ((old: Secret) => boolean) | undefined;
  /** The run. It replaces no source that another run has claimed, whose last request Azure may still apply. Absent in a dry run. */
  readonly by?: Pick<By, "run" | "now"> | undefined;
};

/** Gives a copy the login of its source. */
export const copying =
  (to: Ref<"secret">, of: Copying): SecretDecide =>
  (old) =>
    old ? updateCopy(old, to, of) : createCopy(to, of);

function updateCopy(old: Secret, to: Ref<"secret">, of: Copying): Decision {
  const { source, credential, login } = of;
  const isCopy = isCopyOf(old, source);
  const problem = isCopy ? rejection(to, old, undefined) : keptInPlace(old, to, of);
  if (problem) return refuse(problem);
  const annotations = copyNote(of);
  const isDone =
    isCopy && sameLogin(loginOf(old, credential.host), login) && old.metadata.annotations?.[sourceKey] === annotations[sourceKey];
  if (isDone) return keep("holds this credential");
  const data = dataWith(old, credential.host, login, undefined);
  const ofSource = { [credentialKey]: null, [claimKey]: null };
  const converted = { annotations: { ...annotations, ...ofSource }, labels: { ...labels(undefined), [copyLabel]: source.namespace ?? "" } };
  const patch = isCopy
    ? { metadata: { annotations, labels: labels(undefined) }, data }
    : { metadata: converted, data: { ...data, [copiesKey]: null } };
  return { act: "patch", patch, because: "holds another credential", note: { unmade: login ? undefined : true } };
}

/** Why a Secret that is no copy of the source stays in the place of one. */
function keptInPlace(old: Secret, to: Ref<"secret">, { source, replaces, by }: Copying): CliError | undefined {
  if (!replaces?.(old)) return notCopy(to, old, source);
  const claim = by && otherClaim(old, by);
  return claim ? claimedBy(to, claim) : rejection(to, old, undefined);
}

export function isCopyOf(secret: Secret, source: Ref<"secret">): boolean {
  const named = sourceOf(secret);
  return named?.namespace === source.namespace && named?.name === source.name;
}

/** Whether a Secret in the place of a copy may hold a replaced password of its source. Another tool may have changed its label. */
export function mayHoldReplaced(secret: Secret, { source, credential, login }: Pick<Copying, "source" | "credential" | "login">): boolean {
  const held = loginOf(secret, credential.host);
  return !sameLogin(held, login) && (isCopyOf(secret, source) || held?.username === credential.identity);
}

/**
 * Whether a namespace that a source lists may lose its copy, and the references to it. Another source of the name has references of its own.
 * A team can list any namespace, also one whose Secret was deleted.
 */
export const mayWithdraw = (secret: Secret | undefined, source: Ref<"secret">, isOfTeam: boolean): boolean =>
  secret ? isCopyOf(secret, source) : !isOfTeam;

function notCopy({ name: of, namespace: at }: Ref<"secret">, old: Secret, { namespace, name }: Ref): InTheWay {
  const isOfFile = isOurs(old) && credentialOf(old)?.file !== undefined;
  return new InTheWay(
    `secret "${of}" in namespace "${at}" is not a copy of secret "${name}" in namespace "${namespace}"`,
    isOfFile ? "if its file does not name it any more, apply that file with --prune" : undefined,
    isOfFile || (isOurs(old) && sourceOf(old)) ? "platform" : "namespace",
  );
}

const copyNote = ({ source: { namespace = "", name }, credential: { madeAt } }: Copying) => ({
  [sourceKey]: JSON.stringify({ namespace, name, madeAt }),
});

function createCopy(to: Ref<"secret">, of: Copying): Decision {
  const { source, credential, login, mayCreate } = of;
  if (!mayCreate) return keep("it was deleted");
  const config = login ? encodeDockerConfig(credential.host, login) : emptyConfig;
  const more = { [copyLabel]: source.namespace ?? "" };
  const object = newSecret(to, { shape: undefined, config, annotations: copyNote(of), more });
  return { act: "create", object, note: { unmade: login ? undefined : true } };
}

/** Takes the login out of a copy. */
export const withdrawing =
  (source: Ref<"secret">, host: string): SecretDecide =>
  (old) => {
    if (!old || !isCopyOf(old, source)) return keep("it is not a copy");
    if (holdsNothingElse(old, host)) return { act: "delete", because: "it is deleted" };
    const metadata = { labels: { [copyLabel]: null, [managedBy.key]: null }, annotations: { [sourceKey]: null } };
    return { act: "patch", patch: { metadata, data: dataWithout(old, host) }, because: "its login is removed" };
  };

/** Takes the login out of the source. Its record stays until the passwords have ended. */
export const emptying = (by: By, host: string): SecretDecide =>
  whileClaimed(by, neverDone, (old) =>
    loginOf(old, host) ? { act: "patch", patch: { data: dataWithout(old, host) }, because: "it is deleted" } : keep("it has no login"),
  );

/** Deletes a source, or only its record and login if other logins are inside. @param force deletes other logins too */
export const forgetting = (by: By, host: string, uid: string | undefined, force: boolean): SecretDecide =>
  whileClaimed(
    by,
    // A Secret with another uid was created after this one was deleted
    (old) => old?.metadata.uid !== uid || !credentialOf(old),
    (old) => {
      if (force || holdsNothingElse(old, host)) return { act: "delete", because: "it is deleted" };
      const metadata = { labels: { [managedBy.key]: null }, annotations: { [credentialKey]: null, [claimKey]: null } };
      return { act: "patch", patch: { metadata, data: { ...dataWithout(old, host), [copiesKey]: null } }, because: "its login is removed" };
    },
  );

/** Deletes a Secret without a record: of another tool, with --force, or what a killed run has claimed. Data of another tool stays. */
export const discarding =
  (uid: string | undefined, force: boolean): SecretDecide =>
  (old) => {
    if (!old || old.metadata.uid !== uid) return keep("it was deleted");
    if (force || holdsNothingElse(old, "")) return { act: "delete", because: "it is deleted" };
    const metadata = { labels: { [managedBy.key]: null }, annotations: { [claimKey]: null } };
    return { act: "patch", patch: { metadata }, because: "its claim is removed" };
  };

const inTheWay = ({ name, namespace }: Ref, what: string, hint?: CliError["hint"]) =>
  new InTheWay(`secret "${name}" in namespace "${namespace}" ${what}`, hint);

/** Why the API server rejects every write of the Secret: its type can't be changed, nor its data if it is immutable (core/v1 Secret). */
function rejection(
  to: Ref<"secret">,
  { type = "Opaque", immutable, metadata }: Secret,
  shape: ShapeName | undefined,
): CliError | undefined {
  if (metadata.deletionTimestamp) {
    const { finalizers = [] } = metadata;
    return inTheWay(to, "is being deleted", `wait until it is deleted, or remove its finalizers: ${finalizers.join(", ")}`);
  }
  const wanted = shapeNamed(shape).type;
  const { name, namespace } = to;
  const when = "use another name, or delete the Secret and create it again";
  const hint = { ...kubectl("delete secret", name), namespace, when };
  if (type !== wanted) return inTheWay(to, `has type ${type} instead of ${wanted}, and a type cannot be changed`, hint);
  return immutable ? inTheWay(to, "is immutable", hint) : undefined;
}

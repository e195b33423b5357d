import type { Claims } from "../actions/claims.ts";
import { executeInOrder } from "../actions/execute.ts";
import { isFailed, type Outcome } from "../actions/outcome.ts";
import type { Tools } from "../actions/tools.ts";
import { type Credential, lifecycleOf } from "../credential/kind.ts";
import { CliError, withLines } from "../errors.ts";
import { joinNames, keyOf, type Ref } from "../kinds.ts";
import type { Plan } from "../plan/change.ts";
import { isLoginOf, keptBy, passwordsIn, type Revocable, revocableParts, unknownClusters } from "../plan/ownership.ts";
import { type Member, passwordKey } from "../plan/rotation.ts";
import type { ClusterScope } from "../scope/cluster-scopes.ts";
import { fingerprint, type Password } from "../secret/entry.ts";
import { listedCluster } from "../usage/holders.ts";
import type { RecordedLogin, SecretLogins } from "../usage/secret-logins.ts";
import { nameInPlace } from "../wording.ts";
import { inClusters, ownedBy } from "./owner.ts";
import { doubtsOf, provenOf, stillTaken } from "./prove-holders.ts";

export type Revoking = RevokeOrder & {
  /** Returns the login that the Secret held; undefined if that is not known any more. */
  readMember(member: Member): RecordedLogin | undefined;
};

export type RevokeOrder = {
  readonly clusterScope: ClusterScope;
  readonly tools: Tools;
  /** The claims of the run, which include the deleted Secrets. */
  readonly claims: Claims;
  /** Opens the credential that a Secret records, or returns the reason why this command can't revoke it. @throws CliError */
  open(of: Pick<Revocable, "entry" | "host">): Promise<Credential | string>;
};

/**
 * Revokes the passwords of a credential that the deleted Secrets really held and that no other Secret holds.
 * @param others the annotations and logins of Secrets that stay
 */
export async function revokeOne(credential: Revocable, others: SecretLogins, run: Revoking): Promise<Revocation> {
  const parts = revocableParts(credential, passwordsIn(credential.members), others.recorded);
  const notices = parts.keptBy.length > 0 ? [warn(credential, keptWords(parts.keptBy))] : [];
  if (parts.passwords.length === 0) return { outcomes: notices, isDone: true };
  const planned = await planOne(credential, others, run).catch(asFailure(credential));
  if (!("plan" in planned)) return { outcomes: [...notices, planned], isDone: planned.error === undefined };
  const { tools, claims } = run;
  const { apply, removal } = planned.opened;
  const env = { tools: { ...tools, apply, removal }, claims, objects: new Map() };
  // Another run that has taken over a Secret may have generated another password by now
  const check = () => claims.renew(credential.members.map(({ to }) => to));
  const applied = await Array.fromAsync(executeInOrder(planned.plan, env, { message: "it was not revoked; to revoke it yourself", check }));
  return { outcomes: [...notices, ...planned.warnings, ...applied], isDone: !applied.some(isFailed) };
}

export type Revocation = { readonly outcomes: readonly Outcome[]; readonly isDone: boolean };

const keptWords = (by: readonly Ref[]): string =>
  `still works because ${joinNames(by.map(nameInPlace))} ${by.length === 1 ? "holds" : "hold"} it too`;

const calledOf = ({ entry }: Revocable) => `credential ${JSON.stringify(entry.identity)} (${entry.kind})`;

function warn(credential: Revocable, what: string): Outcome {
  const message = `${calledOf(credential)} ${what}`;
  return { change: { act: "warn", to: credential.members[0].to, message }, messages: [message] };
}

const asFailure =
  ({ members: [{ to }] }: Revocable) =>
  (error: unknown): Outcome => {
    if (error instanceof CliError) return { to, error, isPartial: true };
    throw error;
  };

type Planned = { readonly plan: Plan; readonly opened: Credential; readonly warnings: readonly Outcome[] };

/** @returns the outcome to report instead, if nothing can be revoked */
async function planOne(credential: Revocable, others: SecretLogins, run: Revoking): Promise<Planned | Outcome> {
  const { identity } = credential.entry;
  const owned = await ownedBy(identity, credential.members, run.clusterScope);
  const isOwn = owned === "one";
  if (!isOwn) refuseUnreadable(credential, others, run);
  const opened = await run.open(credential);
  if (typeof opened === "string") return warn(credential, `still works: ${opened}`);
  if (!isOwn) await refuseUnlisted(credential, opened, others, run);
  const proving = { credential: opened, identity, verify: true, tools: run.tools };
  const members = credential.members.flatMap((member) => run.readMember(member) ?? []);
  const { proven, unproven } = await provenOf(members, proving);
  const warnings = doubtsOf(unproven, new Set(), proving);
  const [unknown] = warnings.filter((_, index) => unproven[index]?.why === "unknown");
  if (unknown) throw new CliError("unreachable", withLines(`${calledOf(credential)} is not revoked`, unknown.messages?.[0]));
  // If the registry rejects the login, all that may be left is what a killed run created for it
  const isOver = unproven.some(({ why }) => why === "refused");
  if (proven.length === 0 && !isOver) return { plan: [], opened, warnings };
  const shown = await lifecycleOf(opened).shown(identity);
  const unsure = [...copiesOf(credential, others), ...misnamed(credential, others, { ...run, shown })];
  const copies = await stillTaken(unsure, proving);
  if (copies.length > 0) return warn(credential, keptWords(copies.map(({ to }) => to)));
  // Nothing proves that an expired password was in this Secret. But a credential whose name is derived from the Secret belongs to it alone
  const { passwords, whole } = revocableParts(credential, passwordsIn(isOwn ? credential.members : proven), others.recorded);
  const { revoke, retire } = lifecycleOf(opened);
  const plan = whole ? await revoke(identity, passwords, owned !== "none") : await retire(identity, passwords);
  return { plan, opened, warnings: isOver ? [] : warnings };
}

/** Returns logins of the credential in other Secrets that no annotation names: they may be any of its passwords. */
const copiesOf = ({ entry, host, members }: Revocable, { unrecorded }: SecretLogins): SecretLogins["unrecorded"] => {
  const leaving = new Set(members.map(({ to }) => keyOf(to)));
  return unrecorded.filter(({ to, heldLogin }) => !leaving.has(keyOf(to)) && isLoginOf({ ...entry, host }, heldLogin));
};

/** Returns other Secrets whose annotation doesn't say which password they hold, or names a password that is not the login inside. */
function misnamed({ entry, members }: Revocable, { recorded }: SecretLogins, { readMember, shown }: Misnaming): readonly RecordedLogin[] {
  const keys = new Map(
    members.flatMap((member) => {
      const login = readMember(member)?.login;
      return login ? [[fingerprint(login), passwordKey(member.entry)] as const] : [];
    }),
  );
  const current = new Set(keys.values());
  const existing = shown && new Set(shown.map(passwordKey));
  return recorded.filter(({ entry: other, login }) => {
    if (!login || !isLoginOf({ kind: entry.kind, identity: entry.identity }, other)) return false;
    const [key, inside] = [passwordKey(other), keys.get(fingerprint(login))];
    return other.slot === undefined || (inside === undefined ? current.has(key) || existing?.has(key) === false : inside !== key);
  });
}

type Misnaming = Pick<Revoking, "readMember"> & { readonly shown: readonly Password[] | undefined };

/** @throws CliError conflict if Azure names a cluster that was not listed, without --force */
async function refuseUnlisted(credential: Revocable, opened: Credential, others: SecretLogins, run: Revoking): Promise<void> {
  const { clusterScope, tools } = run;
  const described = await lifecycleOf(opened).clusters(credential.entry.identity);
  const clusters = described.length === 0 ? [] : unknownClusters(described, (await listedCluster(clusterScope, others)).id);
  if (keptBy({ secrets: 0, clusters, unlisted: false, owned: false }, tools.force) === undefined) return;
  const message = `${calledOf(credential)} is not revoked: it may be in use in a cluster that was not listed`;
  throw new CliError("conflict", message, { hint: inClusters(clusters) });
}

/** @throws CliError if the cluster was not listed completely, without --force */
function refuseUnreadable(credential: Revocable, { unreadable: [unreadable] }: SecretLogins, { tools }: Revoking): void {
  if (!unreadable || keptBy({ secrets: 0, clusters: [], unlisted: true, owned: false }, tools.force) === undefined) return;
  const { error } = unreadable;
  const message = withLines(`${calledOf(credential)} is not revoked because another Secret in this cluster may hold it`, error.message);
  const hint = "ask an administrator who can list all Secrets to revoke it, or run the command without --revoke";
  throw new CliError(error.kind, message, { hint, cause: error });
}

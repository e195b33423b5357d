import type { Application, Azure, AzureRegistry, RoleAssignment, ServicePrincipal } from "../azure/port.ts";
import type { Sleep } from "../env.ts";
import { CliError, isRefusal } from "../errors.ts";
import { plugin, shell } from "../hint.ts";
import type { Outcome } from "../outcome.ts";
import { askUntilFinal, retryWhileReplicating } from "../retry.ts";
import { once } from "../scope/concurrency.ts";
import {
  describeForFile,
  isExportOf,
  isGuid,
  isKeyOwnedBy,
  isOurDescription,
  isSameOwner,
  keyNameOf,
  parseAzureOwner,
} from "../secret/azure-words.ts";
import type { Password } from "../secret/record.ts";
import { StartAgain } from "../secret/source.ts";
import { counted } from "../wording.ts";
import { type Mode, pullRole, refuseBeyondReading, rightsOfPrincipal } from "./granted-rights.ts";
import { type Account, createdBy, type Evidence, type Grant, type Issuer, type Made, type Sending, type Shown } from "./issuer.ts";
import type { Owner } from "./owner.ts";
import { checkGranting, checkUse, type FoundBy, findApplication, isRecordOf } from "./service-principal/access.ts";
import { expiryWithin } from "./service-principal/lifetime.ts";
import { granted, hasOurRole, isConflict, type RoleChange, roleChange, roleStays, writeRole } from "./service-principal/roles.ts";

type PrincipalIssuing = {
  readonly azure: Azure;
  readonly registry: AzureRegistry;
  readonly mode: Mode;
  /** The display name or the id of an application; undefined: the one that only this source uses. */
  readonly named: string | undefined;
  /** The name is the id that a source records, and not one that the user chose. Anyone in the source's namespace can write a record. */
  readonly isRecorded: boolean;
  /** The user accepts rights beyond pulling. */
  readonly force: boolean;
  /** How long Azure may take until it knows a new role, and a new password, everywhere. Milliseconds. */
  readonly waits: { readonly right: number; readonly password: number };
  readonly sleep: Sleep;
  now(): Date;
};

type PrincipalAccount = Account & {
  readonly application: Application | undefined;
  readonly principal: ServicePrincipal | undefined;
  readonly assignments: readonly RoleAssignment[];
  readonly by: FoundBy;
  readonly description: string;
  /** Azure may not know the application everywhere, because it has no password yet. */
  readonly isNew: boolean;
  /** The source records it. */
  readonly isRecorded: boolean;
  /** @throws CliError conflict if it must not get a password */
  checkControl(): Promise<void>;
};

/** How long to retry the requests that must end while the claim lasts, in milliseconds: less than a request may take. */
const briefly = 20_000;

/**
 * The pause in milliseconds between creating an application and listing those of its name, of which the first counts. Graph lists whole
 * seconds, and the id decides between applications of the same second. After this pause, no other application of that second is missing
 * from the list.
 */
const listDelay = 2_000;

const applicationRef = (name: string) => ({ kind: "application.graph.microsoft.com", name }) as const;
const roleRef = (name: string) => ({ kind: "roleassignment.management.azure.com", name }) as const;

/** An application in Microsoft Graph with a role on the registry. Its passwords are keys, of which several Secrets can have one each. */
export function principalIssuer(env: PrincipalIssuing): Issuer {
  const { azure, registry, mode, waits, sleep } = env;
  return {
    kind: "service-principal",
    registry,
    waits,
    hasOwnName: false,
    isScoped: mode === "abac",
    async findExport({ identity, slot }, to) {
      const [application] = isGuid(identity) ? await azure.applications({ appId: identity.toLowerCase() }) : [];
      const key = application?.keys.find((one) => one.slot === slot && isExportOf(one.displayName, to));
      return key && shell("az ad app credential delete", "--id", application?.appId, "--key-id", key.slot);
    },
    look: (owner, evidence) => look(owner, evidence, env),
    ensure: (owner, account, grant, sending) => ensure(owner, account as PrincipalAccount, grant, { ...env, ...sending }),
    slotFor(account, noted, isLeftOver, { stem: name }) {
      const { description, passwords } = account as PrincipalAccount;
      const isFree =
        noted && isKeyOwnedBy(noted.slot, { description, name }) && passwords.every((one) => one.name !== noted.slot || isLeftOver(one));
      return isFree ? noted.slot : keyNameOf({ description, name }, crypto.randomUUID().slice(0, 8));
    },
    expiryOf: (account, lifetime) => expiryWithin(lifetime, (account as PrincipalAccount).application, env),
    async generate(account, slot, expiresAt, send): Promise<Made> {
      const { application, isNew, checkControl: check } = account as PrincipalAccount;
      if (!application) throw deleted(account as PrincipalAccount);
      await check();
      // A killed run has left them: their random name was noted for no other password
      for (const left of account.passwords.filter(({ name }) => name === slot)) await send(() => endKey(application, left, env));
      const add = () => azure.addKey(application.id, { displayName: slot, expiresAt });
      const wait = isNew ? waits.password : briefly;
      const made = await retryWhileReplicating(isNew, { wait, sleep }, () => send(add));
      const { password, madeAt = "" } = made;
      const login = { username: application.appId, password };
      return { login, identity: application.appId, slot: made.slot, madeAt, expiresAt: made.expiresAt, by: await createdBy(azure) };
    },
    async end(account, password) {
      const { application } = account as PrincipalAccount;
      if (application) await endKey(application, password, env);
    },
    remove: (_, account, sending) => remove(account as PrincipalAccount, { ...env, ...sending }),
  };
}

/** Deletes a key. Succeeds if Azure does not show it any more: an id is never used again. */
async function endKey({ id, appId }: Application, { slot }: Pick<Password, "slot">, { azure, sleep }: PrincipalIssuing): Promise<void> {
  const isShown = async () => (await azure.applications({ appId }))[0]?.keys.some((key) => key.slot === slot);
  // A key that this run has just added may not be known yet
  await retryWhileReplicating(true, { wait: briefly, sleep }, () => azure.removeKey(id, slot)).catch(async (error: unknown) => {
    if (!isRefusal(error) || (await isShown())) throw error;
  });
}

/**
 * Reads the application of a source and those of its passwords that were created for the source. Passwords of other Secrets are not shown,
 * because a record, which anyone in the namespace can write, could name them.
 * @throws CliError notFound, conflict
 */
async function look(owner: Owner, evidence: Evidence, env: PrincipalIssuing): Promise<PrincipalAccount> {
  const { azure, registry, mode, named } = env;
  const [{ name, application, by }, description] = await Promise.all([findApplication(owner, evidence, env), owner.description()]);
  const principal = application && (await azure.servicePrincipal(application.appId));
  const assignments = principal ? await azure.roleAssignments(registry, principal.id) : [];
  const passwords = (application?.keys ?? []).flatMap(({ slot, displayName, madeAt = "", expiresAt }): Shown[] =>
    isKeyOwnedBy(displayName, { description, name: owner.stem }) ? [{ slot, madeAt, expiresAt, name: displayName }] : [],
  );
  const rights = await rightsOfPrincipal({ name, assignments }, env);
  const isRecorded = application !== undefined && isRecordOf(evidence, application);
  return {
    ref: applicationRef(name),
    identity: application?.appId ?? (env.isRecorded ? named : undefined),
    exists: application !== undefined,
    describedAs: name === owner.name ? application?.notes : undefined,
    passwords,
    granted: granted(mode, assignments),
    rights,
    application,
    principal,
    assignments,
    by,
    isRecorded,
    description,
    isNew: application?.keys.length === 0,
    checkControl: once(() =>
      checkUse({ to: owner.to, application, principal, assignments, by, isRecorded, isNamed: isNamed(passwords, evidence) }, azure),
    ),
  };
}

/** Whether Azure shows a password that the source records. */
const isNamed = (passwords: readonly Shown[], { credential }: Evidence): boolean =>
  passwords.some(({ slot }) => slot === credential?.slot || slot === credential?.previous?.slot);

type Ensuring = PrincipalIssuing & Sending;

/** Creates the application, its service principal and the role, or lets the role pull other repositories. */
async function* ensure(owner: Owner, account: PrincipalAccount, grant: Grant, env: Ensuring): AsyncGenerator<Outcome, PrincipalAccount> {
  const { mode, azure } = env;
  const { ref, assignments, exists } = account;
  if (!exists && env.isRecorded) throw deleted(account);
  const change = roleChange(ref.name, assignments, grant, mode);
  await account.checkControl();
  if (change) await checkGranting(account, azure);
  const accept = "add --force to accept these rights";
  const warning = refuseBeyondReading(account.rights, env.force, accept);

  const application = yield* ensureApplication(owner, account, env);
  if (application) await noteFile(application, account, grant, env);
  const principal = yield* ensurePrincipal(owner, { ...account, application, isNew: !exists }, env);
  yield* ensureRole(owner, { account, application, principal, change, warning }, env);
  const ready = {
    ...account,
    hasNewRight: change !== undefined,
    application,
    principal,
    granted: change?.after ?? account.granted,
  };
  if (!exists) {
    const made = { exists: application !== undefined, identity: application?.appId, isNew: true };
    return { ...ready, ...made, checkControl: async () => undefined };
  }
  const messages = gaining(account);
  if (messages) yield { to: ref, messages };
  return ready;
}

const deleted = ({ ref }: PrincipalAccount) =>
  new CliError("notFound", `application ${ref.name} was deleted from the tenant`, { hint: "run create again" });

/** Warns that an application of others, which the user named by its display name, gets a password. */
const gaining = ({ application, by, passwords }: PrincipalAccount): string[] | undefined =>
  application && by === "name" && passwords.length === 0
    ? [`application "${application.displayName}" already exists (${application.appId}) and gets one more password`]
    : undefined;

async function* ensureApplication(
  owner: Owner,
  { application, ref }: PrincipalAccount,
  env: Ensuring,
): AsyncGenerator<Outcome, Application | undefined> {
  if (application) return application;
  yield { to: ref, result: "created", because: "it does not exist" };
  if (env.dryRun) return undefined;
  const { azure, waits, sleep, send, undo } = env;
  const retry = { wait: waits.password, sleep };
  const { name } = ref;
  const notes = await owner.description();
  const made = await retryWhileReplicating(false, retry, () => send(() => azure.createApplication({ displayName: name, notes })));
  const remove = () => retryWhileReplicating(true, { wait: briefly, sleep }, () => azure.deleteApplication(made.id));
  undo.push(async (sending) => ((await isUsedSince(owner, made, azure)) ? undefined : sending(remove)));
  await sleep(listDelay);
  // `send` makes the claim last while Azure replicates
  const problem = `application "${name}" was created, but Microsoft Graph does not list it yet`;
  const list = () => send(() => azure.applications({ name }));
  const whyNot = (all: readonly Application[]) => (all.some(({ id }) => id === made.id) ? undefined : problem);
  const listed = await askUntilFinal(retry, list, whyNot);
  if (whyNot(listed) !== undefined) throw new CliError("timeout", problem);
  // Only times from one list are comparable, because Graph's answer to POST is more precise
  const [first] = listed.toSorted((a, b) => Date.parse(a.madeAt) - Date.parse(b.madeAt) || a.id.localeCompare(b.id));
  if (first?.id === made.id) return made;
  // The name must identify one application
  await send(remove);
  undo.pop();
  throw new StartAgain(`another run created application "${name}" at the same time`);
}

/** Writes the file of `apply` into the description of the source's own application, its field `notes`. */
async function noteFile({ id, notes }: Application, { description, by }: PrincipalAccount, { file }: Grant, env: Ensuring): Promise<void> {
  const { azure, waits, sleep, send, dryRun } = env;
  const wanted = file && by === "own name" ? describeForFile(notes, description, file) : notes;
  if (wanted === notes || dryRun) return;
  await retryWhileReplicating(false, { wait: waits.password, sleep }, () => send(() => azure.noteApplication(id, wanted)));
}

async function* ensurePrincipal(
  owner: Owner,
  { application, principal, ref, isNew }: PrincipalAccount,
  env: Ensuring,
): AsyncGenerator<Outcome, ServicePrincipal | undefined> {
  if (principal) return principal;
  yield { to: { kind: "serviceprincipal.graph.microsoft.com", name: ref.name }, result: "created", because: "it does not exist" };
  if (!application || env.dryRun) return undefined;
  const { azure, waits, sleep, send, undo } = env;
  const { appId } = application;
  const retry = { wait: waits.password, sleep };
  try {
    const made = await retryWhileReplicating(isNew, retry, () => send(() => azure.createServicePrincipal(appId)));
    // Azure deletes the service principal of a deleted application
    const remove = () => azure.deleteServicePrincipal(made.id);
    if (!isNew) undo.push(async (sending) => ((await isUsedSince(owner, application, azure)) ? undefined : sending(remove)));
    return made;
  } catch (error) {
    // Another run may have created the service principal of the same application at the same time
    if (!isConflict(error)) throw error;
    const find = () => send(() => azure.servicePrincipal(appId));
    const existing = await askUntilFinal(retry, find, (one) => (one ? undefined : `service principal of application ${appId} not found`));
    if (!existing) throw error;
    return existing;
  }
}

type EnsuringRole = Pick<PrincipalAccount, "application" | "principal"> & {
  /** As it was before this run. */
  readonly account: PrincipalAccount;
  readonly change: RoleChange | undefined;
  readonly warning: string | undefined;
};

async function* ensureRole(owner: Owner, of: EnsuringRole, env: Ensuring): AsyncGenerator<Outcome> {
  const { account, application, principal, change, warning } = of;
  const { ref } = account;
  const messages = warning === undefined ? undefined : [warning];
  const to = roleRef(ref.name);
  if (!change) return yield { to, result: "unchanged", because: "already grants it", messages };
  const { grants, withdraws } = change;
  yield { to, result: change.isNew ? "created" : "configured", grants, withdraws: withdraws.length > 0 ? withdraws : undefined, messages };
  if (!application || !principal || env.dryRun) return;
  const reverse = await writeRole({ name: ref.name, principal, change, isNew: !account.principal }, env);
  if (reverse) env.undo.push(async (sending) => ((await isUsedSince(owner, application, env.azure)) ? undefined : reverse(sending)));
}

/** Whether another Secret has got a password of an application since it was read. */
async function isUsedSince(owner: Owner, { appId, keys }: Application, azure: Azure): Promise<boolean> {
  const [[application], description] = await Promise.all([azure.applications({ appId }), owner.description()]);
  const added = (application?.keys ?? []).filter(({ slot }) => !keys.some((key) => key.slot === slot));
  return added.some(({ displayName }) => !isKeyOwnedBy(displayName, { description, name: owner.stem }));
}

const because = "it is revoked";

/**
 * Deletes the role and the application, if this plugin created it for the source, or the source has its last password. Otherwise deletes
 * the source's passwords.
 */
async function* remove(account: PrincipalAccount, env: Ensuring): AsyncGenerator<Outcome> {
  const { azure, registry, mode, dryRun, send } = env;
  const { ref, application, principal, assignments } = account;
  const [now] = application ? await azure.applications({ appId: application.appId }) : [];
  if (!application || !now) return;
  const role = principal && hasOurRole(assignments) ? { principalId: principal.id, role: pullRole[mode].id } : undefined;
  if (!(await isOwn(now, account, azure))) return yield* removeKeys(now, account, role !== undefined, env);
  const change = async (request: () => Promise<unknown>) => {
    if (!dryRun) await retryWhileReplicating(false, { ...env, wait: briefly }, () => send(request));
  };
  // An application without passwords can be used again, and the role of a deleted application can't be found any more
  for (const password of account.passwords) await change(() => endKey(now, password, env));
  await env.beforeTrace?.();
  const isUsed = async () => !dryRun && (await hasOthers(now, account, azure));
  const stays = { to: ref, messages: [`application "${ref.name}" stays, because another run has added a password`] };
  if (await isUsed()) return yield stays;
  if (role) {
    await change(() => azure.unassignRole(registry, role));
    yield { to: roleRef(ref.name), result: "deleted", because };
  }
  if (await isUsed()) return yield stays;
  await change(() => azure.deleteApplication(now.id));
  yield { to: ref, result: "deleted", because };
}

const othersIn = ({ keys }: Application, { passwords }: PrincipalAccount) =>
  keys.filter(({ slot }) => passwords.every((one) => one.slot !== slot));

/** Whether another run has added a password since the account was read, for a Secret that it has created again. */
async function hasOthers({ appId }: Application, account: PrincipalAccount, azure: Azure): Promise<boolean> {
  const [again] = await azure.applications({ appId });
  return again !== undefined && othersIn(again, account).length > 0;
}

/** Whether an application belongs to the source, and no other user can sign in to it. */
async function isOwn(application: Application, account: PrincipalAccount, azure: Azure): Promise<boolean> {
  const { passwords, description, principal } = account;
  const isCreated = isOurDescription(application.notes) && (isSameOwner(application.notes, description) || passwords.length > 0);
  if (!isCreated || othersIn(application, account).length > 0) return false;
  return (await azure.access(application.id, principal?.id)).otherKeys.length === 0;
}

/** @param isGranted the application has a role of this plugin */
async function* removeKeys(
  application: Application,
  account: PrincipalAccount,
  isGranted: boolean,
  env: Ensuring,
): AsyncGenerator<Outcome> {
  const { dryRun, send, registry } = env;
  const { ref } = account;
  const others = othersIn(application, account);
  for (const key of application.keys.filter((one) => !others.includes(one))) {
    if (!dryRun) await send(() => endKey(application, key, env));
    yield { to: ref, result: "configured", slot: key.slot, because };
  }
  const rest = others.filter(({ displayName }) => parseAzureOwner(displayName)).length;
  const still = `application "${ref.name}" still has ${counted(rest, "password")} of this plugin. To list what no Secret uses, run`;
  if (rest > 0) yield { to: ref, messages: [still], fix: plugin("prune", "--registry", registry.name) };
  else if (isGranted) yield roleStays(application, registry);
}

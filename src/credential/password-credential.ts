import type { Azure, AzureRegistry } from "../azure/port.ts";
import { CliError, isLost } from "../errors.ts";
import type { Create } from "../fix.ts";
import type { Change, ChangeOf, Keep, Make, Mint, Passing, Plan } from "../plan/change.ts";
import type { Shown } from "../plan/proof.ts";
import type { Entry, Password } from "../secret/entry.ts";
import { isSameTime, renewedExpiry } from "../timestamp.ts";
import type { Asked, Issue, Need, Owner } from "./kind.ts";
import { isUntested, type LoginTest } from "./prove.ts";
import { beyond, type RepositoryScope } from "./repository-scope.ts";

/** The plan of a kind whose passwords Azure generates. */
type PasswordPlan = {
  /** The objects in Azure that the password requires, in the order in which they are created. */
  readonly objects: readonly (Make | Keep)[];
  /** The object that grants the repositories; absent if the password is added to an existing credential. */
  readonly grant?: Make | Keep;
  readonly mint: Mint | Keep;
  /** Recorded on the Secret. */
  readonly entry: Entry;
};

type IssueOptions = {
  readonly asked: Asked;
  /** Absent for another password of a credential that Secrets record. */
  readonly need?: Need;
  /** Whether the existing login still pulls. */
  readonly still?: LoginTest;
  readonly mayPull: readonly string[] | undefined;
  readonly more?: Issue["more"];
  /** Another run may replace the new password, because other Secrets can have the same credential. */
  readonly isShared: boolean;
  /** How long to wait while Azure replicates. */
  readonly passing?: Passing | undefined;
  readonly warnings: readonly (string | undefined)[];
};

/** Returns the steps in order: first the rights, then a password if the Secret needs one. Each new password gets a proof. */
export function issueOf(plan: PasswordPlan, scope: RepositoryScope, options: IssueOptions): Issue {
  const { objects, mint, entry } = plan;
  const { asked, need, still = { pulls: "unknown" }, mayPull } = options;
  const { images } = scope;
  const isNew = mint.act === "mint";
  const proofs = proofsOf(plan, scope, options);
  const kept = need ? keptWarnings(need.owner.secret, asked.expiresAt, still, plan) : [];
  const messages = [...kept, ...options.warnings].filter((one) => one !== undefined);
  const warnings = messages.map((message): Change => ({ act: "warn", to: mint.to, message }));
  const steps = [...objects, mint, ...proofs, ...warnings];
  const more = mayPull && beyond(mayPull, images).length > 0 ? options.more : undefined;
  const common = { steps, isLazy: isNew, entry, pulls: still.pulls, mayPull, more, images };
  if (isNew) return { ...common, login: undefined };
  return { ...common, login: need?.current?.login, isUntested: isUntested(still) && proofs.length === 0 };
}

/** Returns the proof of a new password, or of a kept one that gets other rights. */
function proofsOf(
  { grant, mint }: PasswordPlan,
  { host, repositories }: RepositoryScope,
  { asked: { verify }, need, passing, isShared }: IssueOptions,
): ChangeOf<"prove">[] {
  const to = { kind: "registry", name: host } as const;
  if (mint.act === "mint") {
    const password = isShared ? { to: mint.to, slot: mint.slot } : undefined;
    return verify || password ? [{ act: "prove", to, repositories, fresh: true, passing, password, isSkipped: !verify }] : [];
  }
  return verify && grant?.act !== "keep" && need?.current?.login ? [{ act: "prove", to, repositories, fresh: false, passing }] : [];
}

/** Warns before a rotation ends the passwords of exported copies, which can be anywhere. @param of the credential; undefined if none exist */
export const copiesEnd = (of: string | undefined): string | undefined =>
  of && `${of} was exported: copies that this run does not update stop working now or after the next rotation`;

/** Adds the same warning to the plan of a revocation. @param own as for `revoke`; undefined if the user accepted the loss of copies */
export function warnOfCopies(plan: Plan, of: string | undefined, own: boolean | undefined): Plan {
  const [first] = plan;
  if (!first || !of || own === undefined) return plan;
  return [{ act: "warn", to: first.to, message: `${of} was exported: all its copies stop working` }, ...plan];
}

/** Warns about a password that is kept although it is valid for longer than requested, or although it was not tested. */
export function keptWarnings(
  secret: string,
  expiresAt: string | undefined,
  { untestedBecause }: LoginTest,
  { mint, entry }: Pick<PasswordPlan, "mint" | "entry">,
): string[] {
  if (mint.act === "mint") return [];
  const until = entry.expiresAt;
  const isTooLong = expiresAt !== undefined && (until === undefined || until > expiresAt);
  const now = until === undefined ? "never expires" : `works until ${until}`;
  return [
    ...(isTooLong ? [`secret/${secret} keeps its password, which ${now}. To use --expires-in, delete the Secret first`] : []),
    ...(untestedBecause === undefined ? [] : [`secret/${secret} keeps its password, which was not tested: ${untestedBecause}`]),
  ];
}

/**
 * Returns the requested expiry of a new password. Default: the new password gets the same lifetime as the one that it replaces, according
 * to the times that Azure shows.
 */
export function newExpiry(asked: Asked, replaced: Shown | undefined, now: Date): string | undefined {
  const { madeAt = "", expiresAt = "" } = replaced ?? {};
  return asked.expiresAt ?? renewedExpiry(madeAt, expiresAt, now);
}

/** Whether two are the same password: a slot can hold a later password, so the times count too. */
export const isSamePassword = (a: Password, b: Password): boolean => a.slot === b.slot && isSameTime(a.madeAt, b.madeAt);

export const keptEntry = ({ slot, madeAt, expiresAt, by, previous }: Partial<Entry> = {}): Partial<Entry> => ({
  slot,
  madeAt,
  expiresAt,
  by,
  previous,
});

export const planRetirement = (to: Make["to"], passwords: readonly Password[], because: string = "another password replaced it"): Make[] =>
  passwords.map(({ slot, madeAt = "" }) => ({ act: "delete", to, slot, madeAt, because }));

/** Azure's calls that delete a credential, or passwords of it. */
type Deletion = {
  /** Returns whether the credential has no other passwords than these; undefined if it was deleted. */
  hasOnly(passwords: readonly Password[]): Promise<boolean | undefined>;
  deleteAll(): Promise<unknown>;
  deletePassword(password: Password): Promise<unknown>;
  /** Deletes what this run created: the credential, or only its password if another run has added one. */
  rollBack(): Promise<unknown>;
  rollBackPassword(): Promise<unknown>;
};

/** Deletes these passwords, and the credential if it has no others; or one password; or what this run created. */
export async function deletePlanned({ slot, madeAt, passwords }: Make, calls: Deletion): Promise<void> {
  if (passwords) await deletePasswords(passwords, calls);
  else if (slot === undefined) await calls.rollBack();
  else if (madeAt === undefined) await calls.rollBackPassword();
  else await calls.deletePassword({ slot, madeAt });
}

async function deletePasswords(passwords: readonly Password[], { hasOnly, deleteAll, deletePassword }: Deletion): Promise<void> {
  const isAll = await hasOnly(passwords);
  if (isAll) await deleteAll();
  else if (isAll === false) for (const password of passwords) await deletePassword(password);
}

/** Whether Azure definitely did not apply a request. */
export const isRefused = (error: unknown): boolean => error instanceof CliError && !isLost(error);

/** Returns the error for granting more to a credential that only an annotation names. Other users may have it. */
export const notOwn = (password: string, { secret }: Owner, hint: Create) =>
  new CliError("conflict", `secret "${secret}" holds ${password}, which other users may have`, { hint });

/** Returns the error for a credential that was deleted. @param message `the ACR token "t" of registry "r" was deleted` */
export const deletedCredential = (message: string, { name }: AzureRegistry): CliError =>
  new CliError("notFound", message, { hint: { verb: "create", registry: name } });

/** Returns the name of the identity that creates a password, according to Azure; undefined if its token has no name. */
export const createdBy = (azure: Azure): Promise<string | undefined> =>
  azure.identity().then(
    ({ name, objectId }) => name || objectId || undefined,
    () => undefined,
  );

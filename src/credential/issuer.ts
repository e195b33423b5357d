import type { Azure, AzureRegistry } from "../azure/port.ts";
import type { Command } from "../hint.ts";
import type { Ref } from "../kinds.ts";
import type { Outcome } from "../outcome.ts";
import type { Login } from "../registry/port.ts";
import type { FileInAzure } from "../secret/azure-words.ts";
import type { Claim, Credential, Intent, Password } from "../secret/record.ts";
import { isSameTime } from "../timestamp.ts";
import type { Granted } from "./granted-rights.ts";
import type { Owner } from "./owner.ts";
import type { RepositoryScope } from "./repository-scope.ts";

/** A password that Azure shows. It never shows its text. */
export type Shown = Password & {
  readonly expiresAt?: string | undefined;
  /** The display name of a key. A slot of a token has none. */
  readonly name?: string | undefined;
};

/** The object in Azure that has the passwords of one source: an ACR token or an application. */
export type Account = {
  readonly ref: Ref;
  /** The user name of its logins; undefined for an application that does not exist yet. */
  readonly identity: string | undefined;
  readonly exists: boolean;
  /** What its description in Azure says now; undefined if there is none. */
  readonly describedAs?: string | undefined;
  readonly passwords: readonly Shown[];
  /** The repositories that it may pull; undefined if nothing was granted yet. */
  readonly granted: readonly string[] | undefined;
  /** Its rights beyond pulling. */
  readonly rights: Granted;
  /** This run has granted it a right, which the registry may not know yet. */
  readonly hasNewRight?: boolean | undefined;
};

export type Made = { readonly login: Login; readonly identity: string } & Password & {
    readonly expiresAt?: string | undefined;
    readonly by?: string | undefined;
  };

/** What a source and its claim say about the account. */
export type Evidence = { readonly credential: Credential | undefined; readonly claim: Claim | undefined };

/** Reverses a change in Azure. Sends each write while the claim lasts: time may pass after a read. */
export type Reversal = (send: Sending["send"]) => Promise<unknown>;

/** How a step sends its requests. */
export type Sending = {
  readonly dryRun: boolean;
  /** Sends a request that changes Azure, while the claim lasts. */
  send<T>(request: () => Promise<T>): Promise<T>;
  /** What reverses the steps so far, the last one last. */
  readonly undo: Reversal[];
  /** Called when no login works any more, before the object is deleted that names the source. */
  readonly beforeTrace?: (() => Promise<unknown>) | undefined;
};

/** @property isExact the user chose the time, so a policy of the tenant must not shorten it */
export type Lifetime = { readonly expiresAt: string | undefined; readonly isExact: boolean };

export type Grant = {
  readonly repositories: readonly string[];
  /** Takes away the repositories that are not named. */
  readonly exact: boolean;
  /** The file of `apply` that the source belongs to now; absent: it stays. */
  readonly file?: FileInAzure | undefined;
};

/** A login that exists already, or that the registry issues. The plugin neither ends it nor grants it anything. */
export type Taker = {
  readonly kind: string;
  /** The login server of its registry. */
  readonly host: string;
  /**
   * Returns the login for a source, and its record.
   * @param inside what the source holds already. It is returned if it is as good as another one
   * @param scope the repositories and images to test it with
   * @throws CliError conflict if the source holds a working login that this run must not replace without --force
   */
  take(inside: Inside, scope: RepositoryScope): Promise<Taken>;
};

export type Inside = { readonly to: Ref<"secret">; readonly credential: Credential | undefined; readonly login: Login | undefined };

export type Taken = {
  readonly login: Login;
  readonly credential: Credential;
  readonly warnings: readonly string[];
  /** The login was tested, or must not be: it is stored without another proof. */
  readonly isProven: boolean;
};

/** Why the plugin can't revoke a credential, and the command that ends it. */
export type Unrevocable = { readonly why: string; readonly fix?: Command };

export const isIssuer = (of: Issuer | Taker): of is Issuer => "generate" in of;

/** A kind of credential whose passwords Azure generates, opened for one registry. */
export type Issuer = {
  readonly kind: string;
  readonly registry: AzureRegistry;
  /** The user name of its logins is always the source's own name in Azure. */
  readonly hasOwnName: boolean;
  /** How many requests may pass until a new right or password is known everywhere, in milliseconds; for a new right, and for a password. */
  readonly waits: { readonly right: number; readonly password: number } | undefined;
  /** Whether it can be limited to repositories. Otherwise its rights are those on the whole registry. */
  readonly isScoped: boolean;
  /** Returns a login of the user's own identity, which may list the repositories; undefined if the registry issues none. */
  ownLogin?(): Promise<Login | undefined>;
  /** Returns the command that ends an export; undefined if Azure does not describe the credential as an export of this Secret. */
  findExport(credential: Credential, to: Ref<"secret">): Promise<Command | undefined>;
  /** Reads the account of a source. @throws CliError conflict if one of that name is not the source's own */
  look(owner: Owner, evidence: Evidence): Promise<Account>;
  /** Creates what is missing, and grants repositories. */
  ensure(owner: Owner, account: Account, grant: Grant, sending: Sending): AsyncGenerator<Outcome, Account>;
  /** The slot to note before a password is generated; undefined if every slot has a password that may be in use. */
  slotFor(account: Account, noted: Intent | undefined, isLeftOver: (password: Shown) => boolean, owner: Owner): string | undefined;
  /** Returns when a new password expires; absent if Azure limits no lifetime. @throws CliError if the policies in Azure don't allow it */
  expiryOf?(account: Account, lifetime: Lifetime): Promise<string>;
  /** Generates a password in a noted slot. Sent without repetition. */
  generate(account: Account, slot: string, expiresAt: string | undefined, send: Sending["send"]): Promise<Made>;
  /** Ends exactly this password, if Azure still shows it. Sent without repetition. */
  end(account: Account, password: Shown): Promise<void>;
  /** @throws CliError forbidden if `remove` would fail because of a missing right, as far as Azure tells before */
  requireRemoval?(): Promise<void>;
  /** Deletes the account and everything that was created for it. */
  remove(owner: Owner, account: Account, sending: Sending): AsyncGenerator<Outcome>;
};

/** Returns the name of the identity that creates a password, according to Azure; undefined if its token has no name. */
export const createdBy = (azure: Azure): Promise<string | undefined> =>
  azure.identity().then(
    ({ name, objectId }) => name || objectId || undefined,
    () => undefined,
  );

/** Whether Azure still shows a password. */
export const isShown = ({ passwords }: Account, { slot, madeAt }: Partial<Password>): boolean =>
  passwords.some((password) => password.slot === slot && isSameTime(password.madeAt, madeAt));

import type { Azure, RegistryFacts, SignInOptions } from "../azure/port.ts";
import { CliError } from "../errors.ts";
import type { Again, Create } from "../fix.ts";
import type { Change, Plan } from "../plan/change.ts";
import type { Shown } from "../plan/proof.ts";
import type { ImageRef, Login, Registry } from "../registry/port.ts";
import type { SecretClaim } from "../secret/claim.ts";
import type { Entry, Password } from "../secret/entry.ts";

export type Asked = {
  readonly flags: Readonly<Record<string, unknown>>;
  /** A registry's name or id in Azure, or a login server. */
  readonly registry: string;
  readonly identity: SignInOptions;
  readonly verify: boolean;
  /** RFC 3339, for a new password. */
  readonly expiresAt: string | undefined;
  /** Milliseconds to wait while Azure replicates a new object. */
  readonly wait: number;
  /** Like `wait`, for a role that the run assigns, which can take longer. Default: `wait`. */
  readonly waitForRole?: number;
  /** The current command, for a hint that adds a flag to it. */
  readonly again: Create;
};

/** The sources of credentials. Each is opened at its first use. */
export type Sources = {
  azure(identity: SignInOptions): Promise<Azure>;
  registry(): Registry;
  readonly stdin: { readonly isTTY: boolean; read(): Promise<string> };
  during<T>(what: string, work: () => Promise<T>): Promise<T>;
  now(): Date;
  sleep(milliseconds: number): Promise<void>;
};

/** The Secret that a credential is for, or the Secrets of one name in many namespaces. */
export type Owner = {
  readonly secret: string;
  /** Its description in Azure: `secret acr in namespace demo`. */
  readonly words: string;
  /** Returns the description with the cluster, if that can be read: `secret acr in namespace demo of cluster 1a2b3c4d`. Read once. */
  wordsInCluster(): Promise<string>;
  /** Returns a name for an object in Azure that only this owner has. The name is the same in every run. @throws CliError */
  ownName(): Promise<string>;
  /** Whether a name is derived from this owner. */
  owns(name: string): Promise<boolean>;
  /** Only the Secrets of this run can hold a credential of that name. */
  readonly alone: boolean;
  /** The credential is printed instead of written to the Secret, so copies may be anywhere. */
  readonly isExported?: true;
};

export type Need = {
  readonly owner: Owner;
  /** The named repositories: `team/app`, `team/*`, `*`. */
  readonly repositories: readonly string[];
  /** Also grants the repositories that pods use, regardless of earlier grants. */
  readonly fromPods: boolean;
  /** Images of the registry that pods use. */
  readonly images: readonly ImageRef[];
  /** The login that the Secret holds, and its annotation entry. */
  readonly current: { readonly entry: Entry | undefined; readonly login: Login | undefined } | undefined;
};

/** The changes that give a Secret its login, and the annotation entry for it. */
export type Issue = {
  readonly steps: Plan;
  /** The steps are applied only if a Secret gets the login, before the first one. Otherwise they are applied at once. */
  readonly isLazy: boolean;
  readonly entry: Entry;
  /** The login for the Secrets; undefined until it is created. */
  readonly login: Login | undefined;
  /** Whether the existing login still pulls. */
  readonly pulls: "yes" | "no" | "unknown";
  /** The login is that of a Secret, and the registry was not asked whether it accepts it. Anyone in the namespace can write such a login. */
  readonly isUntested?: boolean;
  /** The repositories that the credential can pull; undefined if unknown. */
  readonly mayPull: readonly string[] | undefined;
  /** The words with which `create` grants more; absent if that is not possible, or if pods use no other repository. */
  readonly more?: Pick<Create, "secret" | "servicePrincipal">;
  /** The images that a proof requests. */
  readonly images: readonly ImageRef[];
  /** Whether a login with the same user name belongs to another identity and has not expired. */
  isOthers?(login: Login): boolean;
};

/** The result of a change in Azure: a created password with its metadata, if there is one. A kind omits fields that were known before. */
export type Applied = Partial<Pick<Entry, "identity" | "slot" | "madeAt" | "expiresAt" | "by">> & {
  readonly login?: Login;
};

export type Credential = {
  readonly kind: string;
  /** The login server. */
  readonly host: string;
  /** Reads the state and plans. The decision is made by a pure function in the kind's folder. Changes nothing. */
  issue(need: Need): Promise<Issue>;
  /** Applies one of these changes, or the reverse of one. */
  apply(change: Change): Promise<Applied>;
  /** Returns the command that manually removes what a change creates. */
  removal(change: Change): readonly string[];
  /** Absent if only the owner of the login can replace it. */
  readonly lifecycle?: Lifecycle;
};

/** A credential that Secrets record, and which of its passwords they hold. */
export type Renewal = {
  /** The newest working password of the Secrets, or the one that they record if none works. */
  readonly current: { readonly entry: Entry; readonly login: Login | undefined };
  /** The logins of all Secrets that get the new password. */
  readonly inside: readonly Login[];
  /** Every password that a Secret holds. None of them may be revoked. */
  readonly inUse: readonly Password[];
  /** Only these Secrets can hold a credential of that name. */
  readonly alone: boolean;
  /** A Secret may hold an unknown password, so a password is generated only in an empty slot. */
  readonly blind: boolean;
  /** Which Secret or cluster may hold an unknown password, and how to resolve that. */
  readonly unknown?: string | undefined;
  /** Expired claims on Secrets that hold it. Only their runs can have generated these passwords. */
  readonly left: readonly SecretClaim[];
  /** The new password is exported. Absent if these Secrets get it. */
  readonly exports?: true;
  /** The name of a Secret that holds it. */
  readonly secret: string;
  /** The description in Azure: `secret acr in namespace demo`. */
  readonly words: string;
  readonly images: readonly ImageRef[];
};

/** The operations on a credential that Secrets record. Each one reads Azure and plans. `apply` of the credential executes the plan. */
export type Lifecycle = {
  /**
   * Adds a second password; the existing one keeps working.
   * @throws CliError conflict if every slot is in use; notFound if the credential was deleted
   */
  renew(of: Renewal): Promise<Issue>;
  /** Returns the passwords that Azure shows, none if the credential was deleted; undefined if Azure never shows them. */
  shown(identity: string): Promise<readonly Shown[] | undefined>;
  /** Returns the ids of the clusters for which the credential was created, according to Azure. */
  clusters(identity: string): Promise<readonly string[]>;
  /** Plans deleting exactly these passwords, if Azure still shows them. */
  retire(identity: string, passwords: readonly Password[]): Promise<Plan>;
  /**
   * Plans deleting these passwords, and the objects that this plugin created for the credential, unless another user has started to use
   * them.
   * @param own the credential's name is derived from its Secrets, so it was created for them, whatever else Azure shows. Absent if the
   * passwords are not those of deleted Secrets
   */
  revoke(identity: string, passwords: readonly Password[], own?: boolean): Promise<Plan>;
};

/** @throws CliError internal for a credential that only its owner can replace */
export function lifecycleOf({ lifecycle, kind }: Credential): Lifecycle {
  if (lifecycle) return lifecycle;
  throw new CliError("internal", `credentials of the kind ${kind} cannot be renewed`);
}

export type Kind = {
  readonly name: string;
  /** Its own flags of `create`, for the parser, help, completion and pages. */
  readonly flags: {
    readonly [flag: string]: {
      readonly type: "string" | "boolean";
      /** Its value if the flag is given without one. */
      readonly bare?: string;
      /** The placeholder of its value in the help. */
      readonly value?: string;
      readonly describe: string;
      /** Its default in words. */
      readonly fallback?: string;
      readonly exclusive?: readonly string[];
    };
  };
  /**
   * Reads these flags without a request to Azure or the registry. Returns undefined if they ask for another kind. `needsName`: the
   * credential will ask its owner for a name.
   * @throws CliError usage
   */
  parse(asked: Asked, stdin: Sources["stdin"]): { readonly needsName: boolean } | undefined;
  /** Reads from Azure what is the same in every namespace. @throws CliError usage */
  open(asked: Asked, sources: Sources): Promise<Credential>;
  /** Returns the flags that request the login of a Secret again. */
  again(recorded: Pick<Entry, "identity">): Again;
  /** What creating a credential in a registry requires. Absent if the user supplies the login. */
  readonly creation?: {
    /** The actions that an identity needs on the registry (Azure RBAC). */
    readonly rights: readonly string[];
    /** The data actions that it needs instead if the registry uses repository permissions (ABAC). */
    readonly dataRights?: readonly string[];
    /** A permission that can't be checked before it is used. */
    readonly uncheckedRight?: string;
    /** Returns why it can't be created, regardless of the identity's permissions. */
    obstacle?(registry: RegistryFacts): string | undefined;
    /** Whether another run can grant it more repositories. */
    readonly isExtensible?: true;
    /** The singular and the plural noun. Default: token, tokens. */
    readonly nouns?: readonly [singular: string, plural: string];
    /** Returns how many more the registry allows; undefined if there is no limit. */
    quota?(asked: Asked, sources: Sources): Promise<number | undefined>;
  };
  /** Why the plugin can neither renew nor revoke a login that a Secret records; absent if it can. */
  readonly notRenewable?: string;
  /** Absent with `notRenewable`. */
  readonly renewal?: {
    /** Returns the flags that open it. */
    flags(recorded: Pick<Entry, "identity">): Asked["flags"];
    /** Only its issuer sets the expiry, and it can't be revoked earlier. */
    readonly isShortLived?: true;
  };
};

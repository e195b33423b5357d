import type { Azure, RegistryFacts, SignInOptions } from "../azure/port.ts";
import type { Again, Create } from "../fix.ts";
import type { Change, Plan } from "../plan/change.ts";
import type { Shown } from "../plan/proof.ts";
import type { ImageRef, Login, Registry } from "../registry/port.ts";
import type { SecretClaim } from "../secret/claim.ts";
import type { Entry, Password } from "../secret/entry.ts";

/** A flag of a kind of credential, as data: parser, help, completion and pages read the row. */
export type FlagRow = {
  readonly type: "string" | "boolean";
  /** What it means without a value. */
  readonly bare?: string;
  readonly describe: string;
  readonly exclusive?: readonly string[];
  readonly complete?: "files";
};

/** What a command line gave for the flags of the kinds, and for those that all kinds share. */
export type Asked = {
  readonly flags: Readonly<Record<string, unknown>>;
  /** A registry's name or id in Azure, or a login server. */
  readonly registry: string;
  readonly identity: SignInOptions;
  /** Whether a login is proven before it is used. */
  readonly verify: boolean;
  /** RFC 3339, for a password that is made now. */
  readonly expiresAt: string | undefined;
  /** How long it is waited until Azure knows everywhere of what was made, in milliseconds. */
  readonly wait: number;
  /** The same for a role that the run assigns, which can take Azure longer. Default: `wait`. */
  readonly waitForRole?: number;
  /** The command at hand, for a hint that says it anew with more. */
  readonly again: Create;
};

/** The outside, as far as credentials come from there; each opens at its first use. */
export type Sources = {
  azure(identity: SignInOptions): Promise<Azure>;
  registry(): Registry;
  readonly stdin: { readonly isTTY: boolean; read(): Promise<string> };
  /** The text of a file. @throws CliError config where it cannot be read */
  readFile(path: string): Promise<string>;
  during<T>(what: string, work: () => Promise<T>): Promise<T>;
  now(): Date;
  sleep(milliseconds: number): Promise<void>;
};

/** For whom a credential is: one Secret, or those of one name in many namespaces. */
export type Owner = {
  /** The Secret's name. */
  readonly secret: string;
  /** What stands behind it in Azure says so: `secret acr in namespace demo`. */
  readonly words: string;
  /** The same with the cluster, as far as that may be known: `secret acr in namespace demo of cluster 1a2b3c4d`. Asked for once. */
  wordsInCluster(): Promise<string>;
  /** The name of something in Azure that is this owner's alone, the same at every run. @throws CliError */
  ownName(): Promise<string>;
  /** Whether a name is one that this owner gives. */
  owns(name: string): Promise<boolean>;
  /** Whether nobody but the Secrets that this run looks at can hold a credential of that name. */
  readonly alone: boolean;
};

/** A login that a Secret holds already, and what is noted of it. */
export type HeldLogin = { readonly entry: Entry | undefined; readonly login: Login | undefined };

export type Need = {
  readonly owner: Owner;
  /** Repositories that were named: `team/app`, `team/*`, `*`. */
  readonly repositories: readonly string[];
  /** What pods use is to be granted too, whatever was granted before. */
  readonly fromPods: boolean;
  /** Images of the registry that pods name. */
  readonly images: readonly ImageRef[];
  readonly held: HeldLogin | undefined;
};

/** What has to happen for a need to be met, and what is noted once it has. */
export type Issue = {
  /** Done first, whatever the Secrets hold: rights that a login gets. */
  readonly before: readonly Change[];
  /** Done once the first Secret is to be written: a password, and its proof. */
  readonly demand: readonly Change[];
  readonly entry: Entry;
  /** The login that Secrets get; absent where it is still to be made. */
  readonly login: Login | undefined;
  /** Whether the login that is held still pulls. */
  readonly pulls: "yes" | "no" | "unknown";
  /** The repositories that the credential may pull, as far as is known. */
  readonly mayPull: readonly string[] | undefined;
  /** What `create` has to be told besides, to grant the credential more than that; absent where it cannot, or pods use no more. */
  readonly more?: Pick<Create, "acrToken" | "servicePrincipal">;
  /** What proofs ask for. */
  readonly images: readonly ImageRef[];
  /** Whether a login of the same user name is another identity's and has not expired. */
  isOthers?(login: Login): boolean;
};

/** What comes of a change in Azure. */
export type Carried = Made & { readonly login?: Login };

/** What is known of a password once it is made: when it was made, by whom, when it dies, and what was not known before. */
export type Made = { readonly [K in "identity" | "slot" | "madeAt" | "expiresAt" | "by"]?: string | undefined };

/** One credential of one kind. */
export type Credential = {
  /** The name of its kind. */
  readonly kind: string;
  /** The login server. */
  readonly host: string;
  /** The hosts of the registry's regions that get the same login, where that was asked for. */
  readonly regional?: readonly string[];
  /** Reads and decides; the decision is a pure function of the kind's file. Changes nothing. */
  issue(need: Need): Promise<Issue>;
  /** Carries out one of these changes, or the opposite of one. */
  carry(change: Change): Promise<Carried>;
  /** The command that does by hand what a change would take away. */
  removal(change: Change): readonly string[];
  /** What can be done with a login that Secrets note already; absent where nobody but whoever gave it can. */
  readonly life?: Life;
  /** When what it gave is to be asked for again, where it dies by itself: the earliest of all that it gave. */
  renewAt?(): Date | undefined;
};

/** What Secrets note of one credential, and what of it is in use. */
export type Renewal = {
  /** The newest password that Secrets hold and that still works, if there is one; else what they note. */
  readonly held: HeldLogin & { readonly entry: Entry };
  /** The logins in all Secrets that are to get the other one. */
  readonly inside: readonly Login[];
  /** Every password of it that some Secret holds: none of them may die. */
  readonly inUse: readonly Password[];
  /** Nobody but these Secrets can hold a credential of its name. */
  readonly alone: boolean;
  /** Some Secret may hold a password of it that nobody could name: only where there is none may one be made. */
  readonly blind: boolean;
  /** Which Secret or cluster may hold an unknown password, and how to solve that. */
  readonly unknown?: string | undefined;
  /** Claims that have ended on Secrets which hold it: what their runs may have made is nobody else's. */
  readonly left: readonly SecretClaim[];
  /** The name of a Secret that holds it. */
  readonly secret: string;
  /** What is written behind what is made: `secret acr in namespace demo`. */
  readonly words: string;
  readonly images: readonly ImageRef[];
};

/** A credential after it was made. Each reads Azure and decides; `carry` of the credential does it. */
export type Life = {
  /**
   * Another password beside the one that is held, which goes on working.
   * @throws CliError conflict where there is no room beside those in use; notFound where the credential is gone
   */
  renew(of: Renewal): Promise<Issue>;
  /** The passwords that Azure shows, none where the credential is gone; undefined where nobody shows any. */
  shown(identity: string): Promise<readonly Shown[] | undefined>;
  /** The ids of the clusters for which Azure says that it was created; none if Azure names none. */
  clusters(identity: string): Promise<readonly string[]>;
  /** Takes away exactly these passwords, as far as Azure still shows them. */
  retire(identity: string, passwords: readonly Password[]): Promise<Plan>;
  /**
   * The same, and what was made by this plugin for the credential, as long as nobody else uses it.
   * @param own nobody but its Secrets gives a credential that name, so it was made for them, whatever else shows
   */
  revoke(identity: string, passwords: readonly Password[], own?: boolean): Promise<Plan>;
};

/** A kind of credential: a file, and a row in kinds.ts. */
export type Kind = {
  readonly name: string;
  /** Where a new login comes from: Azure, or whoever has one gives it. */
  readonly renewal: "made" | "given";
  /** It dies when whoever makes it says: nobody can ask for another lifetime. */
  readonly ownLifetime?: true;
  /** What one is called, and several, where they are counted; tokens, where nothing is said. */
  readonly counted?: readonly [one: string, several: string];
  /** Whether another run can let it pull more repositories. */
  readonly widens: boolean;
  /** How one that a Secret notes is asked for again. `derived`: the identity's name was made for this Secret, and is in no flag. */
  again(noted: Pick<Entry, "identity">, derived: boolean): Again;
  /** The flags that open what a Secret notes, to renew or to revoke it; or why nobody here can. */
  readonly noted: ((of: Pick<Entry, "identity">) => Asked["flags"]) | string;
  /** What it takes to make one; absent where nobody is asked for it. */
  readonly mint?: {
    /** What asks for it: `--admin`. */
    readonly flag: string;
    /** The actions that an identity needs on the registry (Azure RBAC). */
    readonly rights: readonly string[];
    /** Those on the data that count instead where the registry goes by conditions (ABAC). */
    readonly dataRights?: readonly string[];
    /** What it takes besides, which nobody can tell before it is tried. */
    readonly elsewhere?: string;
    /** What is in the way whatever its rights are. */
    bar?(registry: RegistryFacts): string | undefined;
  };
  /** Its own rows among the flags of `create`. */
  readonly flags: Readonly<Record<string, FlagRow>>;
  /** Whether these flags ask for it. */
  means(flags: Asked["flags"]): boolean;
  /** Refuses flags that make no sense, before anybody is asked anything. @throws CliError usage */
  check(asked: Asked, stdin: Sources["stdin"]): void;
  /** Whether it will ask its owner for a name. */
  needsName(asked: Asked): boolean;
  /** How many of it a registry has room for; undefined where there is no such bound. */
  room?(asked: Asked, sources: Sources): Promise<number | undefined>;
  /** Opens it: reads what is the same in every namespace. @throws CliError usage */
  open(asked: Asked, sources: Sources): Promise<Credential>;
};

import type { CliError } from "../errors.ts";
import type { Command } from "../hint.ts";
import type { Ref } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import type { Scope } from "../scope/scope.ts";
import type { FileOfRecord } from "../secret/record.ts";
import type { ShapeName } from "../secret/shapes.ts";
import type { RestartOptions } from "../targets/restart.ts";
import type { TargetOptions } from "../usage/targets.ts";

/** What a run wants of one source. A verb is a value of this type, and the loop does the rest. */
export type Desired = {
  readonly source: Ref<"secret">;
  /** false: neither the source, nor its copies, nor references to them. */
  readonly exists: boolean;
  /** What to create or to widen, and for which namespaces. Absent: the source, its rights and its copies stay as they are. */
  readonly creates?: Creating | undefined;
  /** Also ends the credential in Azure. Only without `exists`. */
  readonly revoke?: boolean;
  /** Other logins in the source stay. Only without `exists`. */
  readonly onlyAdded?: boolean;
  /** A rerun finds the credential by what Azure says, so the source is deleted before the objects in Azure that name it. */
  readonly isFoundInAzure?: boolean;
  /** Why the source stays as it is, although the run removes it. Asked before and after the claim. Only without `exists`. */
  readonly objection?: ((secret: Secret) => CliError | undefined) | undefined;
  /** `new`: another password than the recorded one. `recorded`: that one, and only what is left to end ends. */
  readonly password: "new" | "recorded";
  /** How long a replaced password works, in milliseconds; `next`: until the next rotation. */
  readonly grace: number | "next";
  /** RFC 3339, for a new password. Default: it lasts as long as the one that it replaces. */
  readonly expiresAt: string | undefined;
  /** The user chose this time for this run, so a policy of the tenant must not shorten the lifetime. */
  readonly expiresExactly?: boolean | undefined;
  /** Whether a login is proven before it is stored. */
  readonly verify: boolean;
  /** The user accepts what a run refuses otherwise. */
  readonly force: boolean;
  /** The run has failed: what it made and did not store ends, and then its claim. */
  readonly undo?: true;
};

/** What `create`, or an entry of `apply`, wants a source to be. */
export type Creating = {
  /** The registry as the user named it: a name, a login server, or an id in Azure. */
  readonly registry: string;
  readonly kind: string;
  /** Azure generates passwords of this kind. */
  readonly isIssued: boolean;
  readonly repositories: readonly string[];
  /** Also grants the repositories that pods use. */
  readonly fromPods: boolean;
  /** Pods tell the repositories if none is named, because the Secret is for pods. */
  readonly podsTell: boolean;
  /** Takes away the repositories that are not named. */
  readonly exact: boolean;
  /** The layout of the Secret for another reader than the kubelet. */
  readonly shape: ShapeName | undefined;
  /** The namespaces that get a copy; undefined: the recorded copies stay as they are. */
  readonly copyTo: Scope | undefined;
  readonly targets: TargetOptions;
  /** How long to wait for the default ServiceAccount of a new namespace, in milliseconds. */
  readonly wait: number;
  readonly restart: RestartOptions;
  readonly recreate: boolean;
  /** The current command, as the base of one that grants more. */
  readonly again: Command;
  /** The current command with exactly these repositories. */
  grantExactly?(repositories: readonly string[]): Command;
  /** The reader of the Secret, if it is not the kubelet. */
  readonly reader: string | undefined;
  readonly fieldManager: string;
  /** The time of this machine, in milliseconds. */
  readonly now: number;
  /** The file of `apply` that asks for the source. Copies and references that it does not name are taken away. */
  readonly file: FileOrder | undefined;
};

/** The file of `apply` that asks for a source: what it does not name is taken away. */
export type FileOrder = FileOfRecord & {
  /** A selector or pattern that matches no namespace takes all copies away. */
  readonly prune: boolean;
  /** The uid of the source's namespace when the run selected it; undefined if it did not exist or was not read. */
  readonly uid: string | undefined;
  /** The repositories that Azure shows; undefined if they were not read. Another user may have changed them. */
  readonly granted: readonly string[] | undefined;
  /** Azure shows what the file says, or was not read. */
  readonly isDescribed: boolean;
  /** The id of the file that Azure's description names. */
  readonly maker: string | undefined;
  /** All that Azure describes for a Secret of the name, of any kind and in any namespace of the name. */
  readonly inPlace: readonly { readonly file: string | undefined; readonly granted: readonly string[] | undefined }[];
  /** All of it was read. */
  readonly isInPlaceRead: boolean;
  /** The user name of the credential that Azure describes; undefined if there is none, or if it was not read. */
  readonly identity: string | undefined;
  /** The user accepts that the file takes the source over. */
  readonly adopts: boolean;
  /** The ServiceAccounts of the copy that the source replaces, if they are known. */
  readonly former: readonly string[];
  /** The source is in the namespace of a team, which can write its record. */
  readonly isOfTeam: boolean;
  /** The source is one of several for which the file has one entry. */
  readonly isEach: boolean;
  /** The run ends the credential that the source had before. */
  readonly endsReplaced: boolean;
  /** Whether copies are taken away later, once the copies of other entries that may replace them are written. */
  postpones(): boolean;
  /** Why a repository that it does not name stays: another entry names it, which is made `later` or could not be made. */
  keeps(repository: string): "later" | CliError | undefined;
  /** Whether another entry may name ServiceAccounts that this one loses. `later`: their references are removed later, too. */
  moves(accounts: readonly string[]): "later" | "now" | false;
  /** The error if another credential may have to replace the copy in a namespace, and could not be written there. */
  needed(to: Ref): Promise<CliError | undefined>;
  /** The error if the run has asked before it takes something away, and not about this. @param id with `what`, it names this one thing */
  unshown(what: string, id: string | undefined): CliError | undefined;
  /** Whether a Secret may take the place of one that the file has made and does not name any more. */
  replaces(to: Ref<"secret">, old: Secret): boolean;
  /** Why such a Secret stays: its source belongs to another file now, or another entry comes first (`later`). */
  staysInPlace(to: Ref<"secret">, old: Secret): Promise<"later" | CliError | undefined>;
};

/** Whether a Secret may take the place of the one that is there. */
export const replacing =
  (file: FileOrder | undefined, to: Ref<"secret">) =>
  (old: Secret): boolean =>
    file?.replaces(to, old) === true;

/** A replaced password ends although a Secret holds it, and in its grace period. */
export const endsAtOnce = ({ creates, force, grace }: Desired): boolean => !creates && force && grace === 0;

type Removing = Pick<Desired, "source" | "force" | "revoke" | "onlyAdded" | "isFoundInAzure" | "objection">;

export const removing = (of: Removing): Desired => ({
  ...of,
  ...{ exists: false, password: "recorded", grace: "next", expiresAt: undefined, verify: false },
});

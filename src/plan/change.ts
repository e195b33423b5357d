import type { Fix } from "../fix.ts";
import type { PodKind, Ref, TargetKind } from "../kinds.ts";
import type { PendingPassword, SecretClaim } from "../secret/claim.ts";
import type { Entry, Password } from "../secret/entry.ts";
import type { ShapeName } from "../secret/shapes.ts";
import type { WarningId } from "../targets/warnings.ts";

/**
 * One step of a plan. It is plain data that can be printed, compared and written to a file, and never contains a password. `needs` refers
 * to objects whose change must succeed first. If it fails, this step is skipped.
 */
export type Change = { readonly needs?: Ref | readonly Ref[] } & (
  | Keep
  | Warn
  | Refuse
  | Make
  | Mint
  | Prove
  | Rehearse
  | Claim
  | Store
  | Report
  | Withdraw
  | Remove
  | Refer
  | Recreate
  | Restart
);

export type Keep = { readonly act: "keep"; readonly to: Ref; readonly because: string };

/** A warning or information about something that the plan doesn't change. */
export type Warn = {
  readonly act: "warn";
  /** The id for scripts. */
  readonly id?: WarningId;
  readonly to: Ref;
  readonly message: string;
  /** The command that fixes the problem. */
  readonly fix?: Fix;
  /** Information only: it is printed without `Warning:`. */
  readonly isInfo?: true;
};

/** A requested change that is not possible, so the object stays unchanged. */
export type Refuse = {
  readonly act: "refuse";
  readonly to: Ref;
  readonly message: string;
  /** The command for another way to do it. */
  readonly fix?: Fix;
};

/**
 * Creates, changes or deletes an object outside of the cluster. `before` and `after` are the repositories that it allows, or the objects
 * that it refers to.
 */
export type Make = {
  readonly act: "create" | "update" | "delete";
  readonly to: Ref;
  readonly before?: readonly string[];
  readonly after?: readonly string[];
  /** The repositories that it newly grants, including patterns such as `team/*`. */
  readonly grants?: readonly string[];
  /** The password to delete, if not the whole object. */
  readonly slot?: string;
  /** When that password was created (RFC 3339). A different password in the same slot stays. */
  readonly madeAt?: string;
  /** Deletes the object if these are its only passwords. Otherwise deletes only these passwords. */
  readonly passwords?: readonly Password[];
  readonly because: string;
};

/** Generates a password. */
export type Mint = {
  readonly act: "mint";
  readonly to: Ref;
  readonly slot: string;
  /** This run created the object of the password. A rollback deletes that object and the password with it. */
  readonly inNew: boolean;
  /** When the password was created that an interrupted run left, and that this one overwrites (RFC 3339). */
  readonly left?: string;
  /** RFC 3339; absent if the password doesn't expire. */
  readonly expiresAt?: string;
  readonly because: string;
};

/** Proves the login: fetches a manifest of each repository. `fresh`: this run created the login, so a rejection may be temporary. */
type Prove = {
  readonly act: "prove";
  readonly to: Ref;
  readonly repositories: readonly string[];
  readonly fresh: boolean;
  /** Which answers are temporary and for how long, if replication in Azure takes longer than for a token's password. */
  readonly passing?: Passing;
  /** A new password that another run may replace. Azure must still have it in its slot before and after the requests to the registry. */
  readonly password?: { readonly to: Ref; readonly slot: string };
  /** The user skips the proof at the registry, so only Azure is asked for the password. */
  readonly isSkipped?: boolean;
};

/** Answers of a registry while a login is not replicated everywhere in Azure. */
export type Passing = { readonly milliseconds: number; readonly verdicts: readonly ("refused" | "out-of-scope")[] };

/**
 * Checks with the API server, before a password is generated, that it accepts the Secret. With `deletes`, checks before any list changes
 * that it allows the deletion of the Secret.
 */
type Rehearse = {
  readonly act: "rehearse";
  readonly to: Ref<"secret">;
  readonly precondition: Precondition | undefined;
  readonly deletes?: true;
} & Shaped;

/** Claims the Secret before a password is generated for it. Creates an empty Secret if none exists. */
export type Claim = {
  readonly act: "claim";
  readonly to: Ref<"secret">;
  readonly precondition: Precondition | undefined;
  /** The password that the Secret is claimed for. */
  readonly makes?: PendingPassword;
} & Shaped;

/** The format of a Secret; absent for the kubelet's format. */
type Shaped = { readonly shape?: ShapeName | undefined };

/** The uid and resourceVersion that a write requires of a Secret, and the claim of another run that was read with them. */
export type Precondition = { readonly uid: string; readonly version: string; readonly claim?: SecretClaim | undefined };

/**
 * Writes the version of the Secret that was read. `merges`: keeps its other logins.
 */
export type Store = {
  readonly act: "store";
  readonly to: Ref<"secret">;
  readonly entry: Entry;
  readonly precondition: Precondition | undefined;
  readonly merges?: true;
  /** The login to replace even though it works. A working login of another run is kept. */
  readonly renews?: Entry;
  readonly because: string;
} & Shaped;

/** Creates an Event for a Secret that was changed. */
type Report = {
  readonly act: "report";
  readonly to: Ref<"secret">;
  readonly uid: string;
  readonly reason: "Rotated";
  readonly message: string;
};

/**
 * Removes the logins from the version of a Secret of this plugin that was read. The annotation stays until the credentials that it records
 * are revoked, so that the next run finds what a killed run left.
 */
export type Withdraw = {
  readonly act: "withdraw";
  readonly to: Ref<"secret">;
  /** The annotation entries of these logins. */
  readonly entries: readonly Entry[];
  readonly precondition: Precondition;
  /** The Secret is immutable, so its logins are deleted with it. */
  readonly immutable?: true;
  readonly because: string;
};

/** Deletes the version of the Secret that was read. */
type Remove = {
  readonly act: "remove";
  readonly to: Ref<"secret">;
  /** The annotation entries of its logins. */
  readonly entries: readonly Entry[];
  readonly precondition: Precondition;
  /** Its logins were removed. If it contains a login again, another run has written that login. */
  readonly withdrawn?: true | undefined;
  readonly because: string;
};

export type Refer = {
  readonly act: "attach" | "detach";
  readonly to: Ref<TargetKind>;
  readonly secret: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
};

/** Deletes a pod, whose list can't be changed, and creates it with another list of pull secrets. */
export type Recreate = {
  readonly act: "recreate";
  readonly to: Ref<"pod">;
  readonly does: Refer["act"];
  readonly secret: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Allows ending a running pod and losing data that only the pod has. */
  readonly force?: true;
};

/**
 * Evicts a pod that can't start, so that its controller creates one with the pull secret. Or replaces all pods of a workload, a few at a
 * time, like `kubectl rollout restart`.
 */
type Restart = { readonly act: "restart"; readonly because: string } & (
  | { readonly to: Ref<"pod">; readonly uid: string }
  | { readonly needs?: Ref; readonly to: Ref<PodKind>; readonly uid?: undefined }
);

export type Act = Change["act"];
export type ChangeOf<A extends Act> = Extract<Change, { readonly act: A }>;

/** The changes in the order of execution and of the printed lines. */
export type Plan = readonly Change[];

/** Returns the change that generates a password. A plan has at most one. */
export const mintIn = (plan: Plan): Mint | undefined => plan.find((change) => change.act === "mint");

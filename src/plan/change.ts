import type { Fix } from "../fix.ts";
import type { PodKind, RecreatableKind, Ref, TargetKind } from "../kinds.ts";
import type { Making, SecretClaim } from "../secret/claim.ts";
import type { Entry, Password } from "../secret/entry.ts";
import type { ShapeName } from "../secret/shapes.ts";
import type { WarningId } from "./warnings.ts";

/**
 * One step of a plan: plain data, which can be printed, compared, written to a file. It never holds a secret's text.
 * `needs` names what has to have gone well before: without it the step makes no sense and is not tried.
 */
export type Change = { readonly needs?: Ref | readonly Ref[] } & (
  | Keep
  | Tell
  | Refuse
  | Make
  | Mint
  | Confirm
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
  | Rollout
);

/** Right already. */
export type Keep = { readonly act: "keep"; readonly to: Ref; readonly because: string };

/** What a person should know, and the plan does not change. */
export type Tell = {
  readonly act: "tell";
  /** What scripts know it by. */
  readonly id?: WarningId;
  readonly to: Ref;
  readonly says: string;
  /** The command that mends it. */
  readonly fix?: Fix;
  /** Nothing is wrong: it is printed without `Warning:`. */
  readonly isInfo?: true;
};

/** What was asked for and cannot be done: the line of an object that stays as it is. */
export type Refuse = {
  readonly act: "refuse";
  readonly to: Ref;
  readonly says: string;
  /** The command that does it otherwise. */
  readonly fix?: Fix;
};

/** Something outside of the cluster is made, changed or taken away; `before` and `after` are what it allows or refers to. */
export type Make = {
  readonly act: "create" | "update" | "delete";
  readonly to: Ref;
  readonly before?: readonly string[];
  readonly after?: readonly string[];
  /** Repositories that it lets pull from now on, `team/*` among them. */
  readonly grants?: readonly string[];
  /** The password of it that is meant, and not the whole. */
  readonly slot?: string;
  /** When that password was made: another one in the same slot stays. */
  readonly madeAt?: string;
  /** It goes as long as it has no other passwords than these; else only they go. */
  readonly passwords?: readonly Password[];
  readonly because: string;
};

/** A password is made. */
export type Mint = {
  readonly act: "mint";
  readonly to: Ref;
  readonly slot: string;
  /** The run made what the password is of, so that it goes together with that. */
  readonly inNew: boolean;
  /** When the password was made that is written over, where a run has left it that did not come to its end. */
  readonly left?: string;
  /** RFC 3339; absent where it is not to expire. */
  readonly expiresAt?: string;
  readonly because: string;
};

/** Azure is asked whether the password that was made is still the one in its slot: others may use the same credential. */
export type Confirm = { readonly act: "confirm"; readonly to: Ref; readonly slot: string };

/** The login in hand fetches a manifest of each repository. `fresh`: it was made in this run, so a refusal may pass. */
export type Prove = {
  readonly act: "prove";
  readonly to: Ref;
  readonly repositories: readonly string[];
  readonly fresh: boolean;
  /** For how long which answers may pass, where Azure takes longer than for a token's password. */
  readonly passing?: Passing;
  /** Hosts of the registry's regions that must accept the login too. */
  readonly regional?: readonly string[];
};

/** Answers of a registry to a login that Azure has not heard of everywhere yet. */
export type Passing = { readonly milliseconds: number; readonly verdicts: readonly ("refused" | "out-of-scope")[] };

/**
 * The API server is asked whether it would take the Secret, before a password is made for it; with `deletes`, whether it would let it go,
 * before anything stops naming it.
 */
export type Rehearse = {
  readonly act: "rehearse";
  readonly to: Ref<"secret">;
  readonly precondition: Precondition | undefined;
  readonly replaces: boolean;
  readonly deletes?: true;
} & Shaped;

/** The Secret is claimed before a password is made for it: an empty one is made where there is none. */
export type Claim = {
  readonly act: "claim";
  readonly to: Ref<"secret">;
  readonly precondition: Precondition | undefined;
  /** The password that it is claimed for. */
  readonly makes?: Making;
} & Shaped;

/** How a Secret is to be laid out; absent for the kubelet. */
type Shaped = { readonly shape?: ShapeName | undefined };

/** The uid and resourceVersion that a write requires of a Secret, and the claim of another run that was read with them. */
export type Precondition = { readonly uid: string; readonly version: string; readonly claim?: SecretClaim | undefined };

/**
 * The Secret is written, on the version of the look. `replaces`: the old one has to go first, since its type cannot be changed in place.
 * `merges`: its other logins stay.
 */
export type Store = {
  readonly act: "store";
  readonly to: Ref<"secret">;
  readonly entry: Entry;
  readonly precondition: Precondition | undefined;
  readonly replaces: boolean;
  readonly merges?: true;
  /** The login that is to go although it works: another run's that works stays. */
  readonly renews?: Entry;
  readonly because: string;
} & Shaped;

/** An Event tells of a Secret what became of it. */
export type Report = {
  readonly act: "report";
  readonly to: Ref<"secret">;
  readonly uid: string;
  readonly reason: "Rotated";
  readonly says: string;
};

/**
 * Logins are taken out of a Secret, on the version of the look: all that is in one of ours, of anybody else's exactly those that were
 * added to it.
 */
export type Withdraw = {
  readonly act: "withdraw";
  readonly to: Ref<"secret">;
  /** What is noted of them. */
  readonly entries: readonly Entry[];
  readonly precondition: Precondition;
  /** The Secret is somebody else's, and stays. */
  readonly beside?: true;
  /** The note stays until what it tells of is revoked, so that a run which is killed leaves it to the next. */
  readonly noted?: true;
  /** It is immutable, so that its logins go with it. */
  readonly immutable?: true;
  readonly because: string;
};

/** The Secret goes, on the version of the look. */
export type Remove = {
  readonly act: "remove";
  readonly to: Ref<"secret">;
  /** What it notes of its logins. */
  readonly entries: readonly Entry[];
  readonly precondition: Precondition;
  /** Its logins have been taken out, so one that comes to hold a login again is another run's. */
  readonly withdrawn?: true;
  readonly because: string;
};

/** The names in a target's list of pull secrets, before and after. */
export type Refer<K extends TargetKind = TargetKind> = {
  readonly act: "attach" | "detach";
  readonly to: Ref<K>;
  readonly secret: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Names of which those go that still lead to no Secret when it is written; `secret` is the first of them. */
  readonly dangling?: readonly string[];
};

/** What cannot be changed goes, and comes back with another list of pull secrets. */
export type Recreate<K extends RecreatableKind = RecreatableKind> = {
  readonly act: "recreate";
  readonly to: Ref<K>;
  readonly does: Refer["act"];
  readonly secret: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** It may end what runs, and lose what is only in the pod. */
  readonly force?: true;
};

/** A pod that cannot start goes, so that its controller makes one which carries the pull secret. */
export type Restart = { readonly act: "restart"; readonly to: Ref<"pod">; readonly uid: string; readonly because: string };

/** A workload makes all its pods anew, a few at a time: `kubectl rollout restart`. */
export type Rollout = { readonly act: "rollout"; readonly needs?: Ref; readonly to: Ref<PodKind>; readonly because: string };

export type Act = Change["act"];
export type ChangeOf<A extends Act> = Extract<Change, { readonly act: A }>;

/** The order is the order of execution, and of the lines that are printed. */
export type Plan = readonly Change[];

/** Whether a plan makes a password. */
export const mints = (plan: Plan): boolean => plan.some(({ act }) => act === "mint");

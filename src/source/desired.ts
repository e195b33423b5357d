import type { Ref } from "../kinds.ts";

/** What a run wants of one source. A verb is a value of this type, and the loop does the rest. */
export type Desired = {
  readonly source: Ref<"secret">;
  /** false: neither the source, nor its copies, nor references to them. */
  readonly exists: boolean;
  /** Also ends the credential in Azure. Only without `exists`. */
  readonly revoke?: boolean;
  /** Other logins in the source stay. Only without `exists`. */
  readonly onlyAdded?: boolean;
  /** A rerun finds the credential by what Azure says, so the source is deleted before the objects in Azure that name it. */
  readonly isFoundInAzure?: boolean;
  /** `new`: another password than the recorded one. `recorded`: that one, and only what is left to end ends. */
  readonly password: "new" | "recorded";
  /** How long a replaced password works, in milliseconds; `next`: until the next rotation. */
  readonly grace: number | "next";
  /** RFC 3339, for a new password. Default: it lasts as long as the one that it replaces. */
  readonly expiresAt: string | undefined;
  /** Whether a login is proven before it is stored. */
  readonly verify: boolean;
  /** The user accepts what a run refuses otherwise. */
  readonly force: boolean;
  /** The run has failed: what it made and did not store ends, and then its claim. */
  readonly undo?: true;
};

/** A replaced password ends although a Secret holds it, and in its grace period. */
export const endsAtOnce = ({ force, grace }: Desired): boolean => force && grace === 0;

type Removing = Pick<Desired, "source" | "force" | "revoke" | "onlyAdded" | "isFoundInAzure">;

export const removing = (of: Removing): Desired => ({
  ...of,
  ...{ exists: false, password: "recorded", grace: "next", expiresAt: undefined, verify: false },
});

import type { Named, Slot } from "../context.ts";
import type { Provenance } from "../secret/provenance.ts";

/** Names one object as kubectl prints it: `serviceaccount/default`, `token.azurecr.io/demo-acr-1a2b`. */
export type Ref = {
  readonly kind: "secret" | "serviceaccount" | "pod" | "token.azurecr.io" | "scopemap.azurecr.io";
  /** Absent for what lives in Azure. */
  readonly namespace?: string;
  readonly name: string;
};

/**
 * One step of a plan. Plain data: it can be printed, compared, written to a file.
 * It never holds a secret's text; it names the credential that apply fills in.
 */
export type Change = Keep | Scope | Mint | Store | Attach | Restart;

/** Right already. */
export type Keep = { readonly act: "keep"; readonly to: Ref; readonly because: string };

/** What an ACR token may do: its scope map. */
export type Scope = {
  readonly act: "scope";
  readonly to: Ref;
  /** What it allows now; undefined where there is none. */
  readonly before: readonly string[] | undefined;
  readonly actions: readonly string[];
  readonly because: string;
};

/** One password of an ACR token is made anew; the token itself too where it `isNew`. */
export type Mint = {
  readonly act: "mint";
  readonly to: Ref;
  readonly isNew: boolean;
  readonly slot: Slot;
  readonly expiresAt?: string;
  readonly because: string;
};

/** The Secret is written; `replaces` is the uid of one that has to go first, since its type cannot be changed in place. */
export type Store = {
  readonly act: "store";
  readonly to: Ref & Named;
  readonly isNew: boolean;
  readonly replaces?: string;
  readonly provenance: Provenance;
  readonly because: string;
};

/** The names in an object's imagePullSecrets, in order, and the resourceVersion they were read at. */
export type PullSecrets = { readonly names: readonly string[]; readonly version: string };

export type Attach = {
  readonly act: "attach" | "detach";
  readonly to: Ref & Named;
  readonly before: PullSecrets;
  readonly after: PullSecrets;
};

/** A pod that cannot start goes, so that its controller makes one which carries the pull secret. */
export type Restart = { readonly act: "restart"; readonly to: Ref & Named; readonly uid: string; readonly because: string };

/** The order is the order of execution. */
export type Plan = readonly Change[];

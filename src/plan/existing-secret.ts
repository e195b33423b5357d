import type { Entry } from "../secret/entry.ts";
import type { ShapeName } from "../secret/shapes.ts";
import type { Precondition } from "./change.ts";

/** What a plan uses of a Secret that exists. It has no credential text. */
export type ExistingSecret = Precondition & {
  readonly type: string;
  /** How it is laid out; absent where nobody would find a login. */
  readonly shape?: ShapeName;
  readonly immutable: boolean;
  /** metadata.finalizers, if it has some: after a deletion it stays until they are removed. */
  readonly finalizers?: readonly string[];
  /** It has a deletionTimestamp. */
  readonly deleting?: true;
  /** What it says of its logins; absent when it is not one of ours. */
  readonly entries: readonly Entry[] | undefined;
  /** The keys under its `auths`. */
  readonly hosts: readonly string[];
  /** Those of them that hold the same login as the registry's own. */
  readonly alike: readonly string[];
  /** What others have written of what we would write, as the API server names it: `"kubectl-patch" using v1: .data..dockerconfigjson`. */
  readonly others: readonly string[];
  /** Whose token is inside, if it is another identity's than the one that the run uses, as far as the annotation says. */
  readonly ofAnother?: string;
  /** Whether the credential inside still pulls; `unknown` when nobody could tell. */
  readonly pulls: "yes" | "no" | "unknown";
};

export type StoreOptions = {
  readonly entry: Entry;
  /** The login server that the credential is for. */
  readonly host: string;
  /** The credential's text is not the one inside. */
  readonly fresh: boolean;
  /** What is inside may be lost. */
  readonly force: boolean;
  /** Logins for other registries stay. */
  readonly merge: boolean;
  /** How the Secret is to be laid out; absent for the kubelet. */
  readonly shape?: ShapeName | undefined;
};

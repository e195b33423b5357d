import { type Entry, entryFor, sameEntry } from "../secret/entry.ts";
import type { ShapeName } from "../secret/shapes.ts";
import type { Precondition } from "./change.ts";

/** The facts of an existing Secret for a plan, without credential text. */
export type ExistingSecret = Precondition & {
  readonly type: string;
  /** Its format; absent if no reader would find a login. */
  readonly shape?: ShapeName;
  readonly immutable: boolean;
  /** metadata.finalizers: after a deletion the Secret stays until they are removed. */
  readonly finalizers?: readonly string[];
  /** It has a deletionTimestamp. */
  readonly deleting?: boolean;
  /** The entries of its annotation; absent if this plugin did not write the Secret. */
  readonly entries: readonly Entry[] | undefined;
  /** The keys under `auths` of its docker config. */
  readonly hosts: readonly string[];
  /** Other managers of fields that the plugin writes, in the API server's words: `"kubectl-patch" using v1: .data..dockerconfigjson`. */
  readonly others: readonly string[];
  /** The identity whose token is inside, according to the annotation, if it is not the identity of this run. */
  readonly otherIdentity?: string;
  /** Whether the credential inside still pulls; `unknown` if that could not be tested. */
  readonly pulls: "yes" | "no" | "unknown";
};

export type StoreOptions = {
  readonly entry: Entry;
  /** The login server of the credential. */
  readonly host: string;
  /** The credential's text differs from the one inside. */
  readonly fresh: boolean;
  /** Allows losing the logins inside. */
  readonly force: boolean;
  /** The format of the Secret; absent for the kubelet's format. */
  readonly shape?: ShapeName | undefined;
  /** The Secret is proven to hold an older password of the same credential. */
  readonly renews?: boolean;
};

/** Whether a Secret records a login exactly as given. */
export function holds(entry: Entry, host: string, { entries }: ExistingSecret): boolean {
  const recorded = entryFor(entries, host);
  return recorded !== undefined && sameEntry(recorded, entry);
}

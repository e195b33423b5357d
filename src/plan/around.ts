import type { Maker } from "./refusal.ts";

/** What stands around the targets of a place, as far as warnings look at it. */
export type Around = {
  /** The ServiceAccounts that were read. */
  readonly accounts: readonly Account[];
  readonly listers: readonly Lister[];
};

/** A ServiceAccount that pods run as. */
export type Account = {
  readonly name: string;
  readonly names: readonly string[];
  /** Its pods may name no pull secret that it does not list (`kubernetes.io/enforce-mountable-secrets`). */
  readonly mountableOnly: boolean;
};

/** What has images of the registry, and pull secrets of its own: a template, or a pod that nothing makes. */
export type Lister = { readonly of: Maker; readonly account: string; readonly names: readonly string[] };

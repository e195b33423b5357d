import type { TargetKind } from "../../src/kinds.ts";
import type { TargetOptions, TargetPick } from "../../src/usage/targets.ts";

export const noTargets: TargetOptions = { picks: [], whereUsed: false };

const options = (pick: Partial<TargetPick> & { readonly kind: TargetKind }): TargetOptions => ({
  ...noTargets,
  picks: [{ names: [], globs: [], selector: undefined, ...pick }],
});

/** Selects ServiceAccounts by their names. */
export const accountsNamed = (...names: readonly string[]): TargetOptions => options({ kind: "serviceaccount", names });

/** Selects every object of a kind, or those with labels. */
export const allOf = (kind: TargetKind, selector?: string): TargetOptions => options({ kind, globs: ["*"], selector });

/** Selects objects of a kind by their names and by patterns. */
export const these = (kind: TargetKind, names: readonly string[], globs: readonly string[] = []): TargetOptions =>
  options({ kind, names, globs });

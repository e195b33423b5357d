import type { TargetKind } from "../../src/kinds.ts";
import { noTargets, type TargetPick, type TargetWish } from "../../src/state/targets.ts";

const wish = (pick: Partial<TargetPick> & { readonly kind: TargetKind }): TargetWish => ({
  ...noTargets,
  picks: [{ names: [], globs: [], selector: undefined, ...pick }],
});

/** ServiceAccounts by their names. */
export const accountsNamed = (...names: readonly string[]): TargetWish => wish({ kind: "serviceaccount", names });

/** Every object of a kind, or those with labels. */
export const allOf = (kind: TargetKind, selector?: string): TargetWish => wish({ kind, globs: ["*"], selector });

/** Objects of a kind by their names and by patterns. */
export const these = (kind: TargetKind, names: readonly string[], globs: readonly string[] = []): TargetWish =>
  wish({ kind, names, globs });

import { tellHidden, tellMountable } from "./account-list.ts";
import type { Around } from "./around.ts";
import type { Change } from "./change.ts";
import { tellNameless } from "./other-names.ts";
import { tellOwnLists } from "./own-list.ts";
import type { Target } from "./references.ts";
import { hasPods } from "./said.ts";

/**
 * What a person should know of targets that a Secret is attached to. What stays true and keeps pods from their image is told at each run;
 * what only comes by a write, or is about the list that is written, with that write alone.
 */
export function tellOfTargets(secret: string, targets: readonly Target[], attaches: readonly Change[], around: Around): Change[] {
  const acts = (...of: readonly string[]) => targets.filter((_, index) => of.includes(attaches[index]?.act ?? ""));
  const [written, carrying] = [acts("attach", "recreate"), acts("attach", "recreate", "keep")];
  const carriers = carrying.map(({ to }) => to);
  const accounts = carriers.filter((to) => !hasPods(to)).map(({ name }) => name);
  const told = [
    ...tellOwnLists(secret, carriers, around.listers),
    ...tellHidden(secret, written, accounts, around.accounts),
    ...tellMountable(secret, carrying, accounts, around.accounts),
    ...tellNameless(written),
  ];
  return told.map((tell) => ({ ...tell, needs: tell.to }));
}

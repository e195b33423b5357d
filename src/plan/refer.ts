import type { Fix } from "../fix.ts";
import type { Ref } from "../kinds.ts";
import { listAfter, type RecreateOptions } from "../targets/lists.ts";
import type { Target } from "../usage/references.ts";
import type { Keep, Recreate, Refer, Refuse } from "./change.ts";

/** Plans the change of one list that `listAfter` decides. */
export function planRefer(
  does: Refer["act"],
  secret: string,
  target: Target,
  recreateOptions: RecreateOptions = { recreate: false, force: false },
): Refer | Keep | Refuse | Recreate {
  const { to, names: before, recreation } = target;
  const change = listAfter(target, { does, secret, recreateOptions });
  if (change.act === "keep") return { act: "keep", to, because: change.because };
  if (change.act === "refuse") return { act: "refuse", to, message: change.error.message, fix: change.error.hint as Fix | undefined };
  const { after } = change;
  if (!recreation) return { act: does, to, secret, before, after };
  return { act: "recreate", to: to as Ref<"pod">, does, secret, before, after, force: recreation.loses ? true : undefined };
}

import type { Ref } from "../kinds.ts";
import type { Outcome } from "../outcome.ts";
import type { Tools } from "../tools.ts";
import { type TargetObject, targetOf } from "../usage/targets.ts";
import { announceEnding, editLists, endedBy, listAfter, type RecreateOptions } from "./lists.ts";

export type DetachOrder = {
  readonly secret: Ref<"secret">;
  /** The objects that lose the Secret, as they were listed. */
  readonly targets: readonly TargetObject[];
  readonly recreateOptions: RecreateOptions;
};

/** Removes the Secret from the lists of targets in one namespace. A target that fails doesn't stop the others. */
export async function* detachTargets({ secret, targets, recreateOptions }: DetachOrder, tools: Tools): AsyncGenerator<Outcome> {
  const { name, namespace = "" } = secret;
  const wanted = { does: "detach", secret: name, recreateOptions } as const;
  const changed = targets.map((object) => targetOf(object)).filter((target) => listAfter(target, wanted).act === "change");
  yield* announceEnding(namespace, endedBy(changed.map(({ to }) => to)), tools);
  yield* editLists(targets, wanted, tools);
}

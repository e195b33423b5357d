import { keyOf } from "../kinds.ts";
import { readPullSecret } from "../kubelet/read-pull-secret.ts";
import type { Plan, Tell } from "../plan/change.ts";
import { type OtherName, tellOthers } from "../plan/target-warnings.ts";
import type { NamespaceState } from "./namespace-state.ts";
import type { NamedSecret } from "./other-names.ts";
import { targetOf } from "./targets.ts";

/** Tells of other names in the lists that a plan writes to, once it is known what they lead to. */
export function tellBeside({ targets, place, named }: NamespaceState, plan: Plan): Promise<Tell[]> | undefined {
  const written = new Set(plan.flatMap((change) => (change.act === "attach" || change.act === "recreate" ? [keyOf(change.to)] : [])));
  const lists = targets.map((object) => targetOf(object, place.context)).filter(({ to }) => written.has(keyOf(to)));
  return named?.then((found) => tellOthers(lists, found.flatMap(otherName)).map((tell) => ({ ...tell, needs: tell.to })));
}

/** What is wrong with where a name leads. */
export function otherName({ name, secret }: NamedSecret): OtherName[] {
  if (!secret) return [{ name, id: "dangling-name", why: "is not there" }];
  const reading = readPullSecret({ ...secret, name });
  if ("skipped" in reading) return [{ name, id: "secret-type", why: reading.skipped }];
  if ("malformed" in reading) return [{ name, id: "malformed-secret", why: `spoils all pull secrets of a pod: ${reading.malformed}` }];
  return [];
}

import type { DeleteFacts } from "../plan/delete.ts";
import { isOurs } from "../secret/entry.ts";
import { readExisting } from "./existing-secret.ts";
import { secretIn } from "./facts.ts";
import type { NamespaceState } from "./namespace-state.ts";
import { needingOf } from "./needing.ts";
import { targetOf } from "./targets.ts";

/** A place as a deletion sees it. @param name the Secret's */
export function deletionFacts({ secret, targets, pods, place }: NamespaceState, name: string, fieldManager: string): DeleteFacts {
  const { context } = place;
  return {
    to: secretIn(place, name),
    existing: secret && readExisting(secret, "", fieldManager).existing,
    ours: secret !== undefined && isOurs(secret),
    targets: targets.map((target) => targetOf(target, context)),
    needing: secret ? needingOf(secret, pods) : [],
  };
}

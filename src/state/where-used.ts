import { kinds, targetKindCalled } from "../kinds.ts";
import type { PodSpec } from "../objects.ts";
import { accountOf, controllerOf, namesIn } from "../plan/references.ts";
import { imagesFrom } from "./images.ts";
import type { NamespaceState } from "./namespace-state.ts";
import { hasOwnList } from "./pods.ts";
import { accountsIn, isOver, kindOf, specOf, type TargetObject, targetOf } from "./targets.ts";

/**
 * Returns the targets of a namespace whose pods pull from one of these hosts. A template counts if it lists pull secrets itself. For any
 * other template, the ServiceAccount that it runs as counts, because admission copies its list. Templates with zero replicas and CronJobs
 * between runs count. A pod counts if no known target has its template.
 * @returns the ServiceAccounts first; never an object whose list can't be changed (a Job, a pod)
 */
export function usersOf(hosts: readonly string[], { targets, pods }: Pick<NamespaceState, "targets" | "pods">): TargetObject[] {
  const accounts = accountsIn(targets);
  const owners = targets.filter((object) => pulls(object, hosts) && !targetOf(object).owner);
  const strays = pods.filter((pod) => pulls(pod, hosts) && targetKindCalled(controllerOf(pod.metadata)?.kind ?? "") === undefined);
  const relying = [
    ...owners.filter((object) => !namesItself(object)),
    ...strays.filter((pod) => !hasOwnList(pod, accounts.get(accountOf(pod.spec)))),
  ].map((object) => accountOf(specOf(object) as PodSpec));
  const changeable = owners.filter((object) => namesItself(object) && kinds[kindOf(object)].carries.takes !== "recreate");
  return [...[...new Set(relying)].flatMap((name) => accounts.get(name) ?? []), ...changeable];
}

const namesItself = (object: TargetObject): boolean => namesIn(specOf(object)?.imagePullSecrets).length > 0;

function pulls(object: TargetObject, hosts: readonly string[]): boolean {
  const spec = specOf(object);
  return spec !== undefined && !object.metadata.deletionTimestamp && !isOver(object) && imagesFrom(hosts, [{ spec }]).length > 0;
}

import { kinds, targetKindCalled } from "../kinds.ts";
import type { PodSpec } from "../objects.ts";
import { accountOf, controllerOf, namesIn } from "../plan/references.ts";
import { imagesFrom } from "./images.ts";
import type { NamespaceState } from "./namespace-state.ts";
import { hasOwnList } from "./pods.ts";
import { isOver, kindOf, specOf, type TargetObject, targetOf } from "./targets.ts";

/**
 * The targets of a place whose pods pull from one of these registries: a template that names pull secrets itself, and of everything
 * else the ServiceAccount that it runs as, from which admission copies the list. Templates at zero replicas and CronJobs between runs
 * count; a pod counts where nothing that we know of has its template.
 *
 * @returns the ServiceAccounts first; what cannot be changed (a Job, a pod) is none of them
 */
export function usersOf(hosts: readonly string[], { targets, pods }: Pick<NamespaceState, "targets" | "pods">): TargetObject[] {
  const accounts = new Map(targets.filter((object) => !specOf(object)).map((object) => [object.metadata.name, object]));
  const makers = targets.filter((object) => pulls(object, hosts) && !targetOf(object).maker);
  const strays = pods.filter((pod) => pulls(pod, hosts) && targetKindCalled(controllerOf(pod.metadata)?.kind ?? "") === undefined);
  const relying = [
    ...makers.filter((object) => !namesItself(object)),
    ...strays.filter((pod) => !hasOwnList(pod, accountOfPod(pod.spec))),
  ].map((object) => accountOf(specOf(object) as PodSpec));
  const changeable = makers.filter((object) => namesItself(object) && kinds[kindOf(object)].carries.takes !== "anew");
  return [...[...new Set(relying)].flatMap((name) => accounts.get(name) ?? []), ...changeable];

  function accountOfPod(spec: PodSpec) {
    const account = accounts.get(accountOf(spec));
    return account?.kind === "ServiceAccount" ? account : undefined;
  }
}

const namesItself = (object: TargetObject): boolean => namesIn(specOf(object)?.imagePullSecrets).length > 0;

function pulls(object: TargetObject, hosts: readonly string[]): boolean {
  const spec = specOf(object);
  return spec !== undefined && !object.metadata.deletionTimestamp && !isOver(object) && imagesFrom(hosts, [{ spec }]).length > 0;
}

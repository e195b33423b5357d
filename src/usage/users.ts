import { kinds } from "../kinds.ts";
import { buildKeyring } from "../kubelet/keyring.ts";
import { readPullSecret } from "../kubelet/read-pull-secret.ts";
import type { Pod, PodSpec, Secret } from "../objects.ts";
import type { ImageRef } from "../registry/port.ts";
import { isOurs } from "../secret/record.ts";
import { imagesFrom, imagesOf } from "./images.ts";
import type { NamespaceState } from "./namespace-state.ts";
import { hasOwnList, pullSecretNames, topOf } from "./pods.ts";
import { accountOf, namesIn } from "./references.ts";
import { accountsIn, isOver, kindOf, specOf, type TargetObject, targetOf } from "./targets.ts";

/**
 * Returns the pods that have not ended, name a Secret, and have an image that it has a login for. If the Secret can't be read, any image
 * counts.
 * @param pods the pods of its namespace
 */
export function podsNeeding(secret: Secret, pods: readonly Pod[]) {
  const serves = servedBy(secret);
  return pods
    .filter((pod) => !isOver(pod) && !pod.metadata.deletionTimestamp && pullSecretNames(pod).includes(secret.metadata.name))
    .filter((pod) => serves === "any" || imagesOf(pod).some(serves))
    .map((pod) => ({ name: pod.metadata.name, from: topOf({ kind: pod.kind, metadata: pod.metadata }) }));
}

/** Returns the images that a Secret has a login for; `any` if the Secret can't be read. */
function servedBy(secret: Secret): "any" | ((image: ImageRef) => boolean) {
  const named = { ...secret, name: secret.metadata.name };
  const reading = readPullSecret(named);
  // A Secret of this plugin without a login is being deleted, or waits for its first login
  if (!("entries" in reading) || (reading.entries.length === 0 && !isOurs(secret))) return "any";
  const keyring = buildKeyring([named]);
  return (image) => keyring.lookup(image).length > 0;
}

/**
 * Returns the targets of a namespace whose pods pull from one of these hosts. A template counts if it lists pull secrets itself. For any
 * other template, the ServiceAccount that it runs as counts, because admission copies its list. Templates with zero replicas and CronJobs
 * between runs count. A pod counts too, unless a
 * template has its list: a controller of another kind may have created it, or admission may have given it another image.
 * @returns the ServiceAccounts first; never an object whose list can't be changed (a Job, a pod)
 */
export function usersOf(hosts: readonly string[], { targets, pods }: Pick<NamespaceState, "targets" | "pods">): TargetObject[] {
  const accounts = accountsIn(targets);
  const owners = targets.filter((object) => pulls(object, hosts) && !targetOf(object).owner);
  const written = new Set(owners.filter(namesItself).map((object) => String(namesIn(specOf(object)?.imagePullSecrets))));
  const hasItsList = (pod: Pod) => !written.has(String(pullSecretNames(pod))) && !hasOwnList(pod, accounts.get(accountOf(pod.spec)));
  const relying = [...owners.filter((object) => !namesItself(object)), ...pods.filter((pod) => pulls(pod, hosts) && hasItsList(pod))].map(
    (object) => accountOf(specOf(object) as PodSpec),
  );
  const changeable = owners.filter((object) => namesItself(object) && kinds[kindOf(object)].pullSecretList.takesEffect !== "recreate");
  return [...[...new Set(relying)].flatMap((name) => accounts.get(name) ?? []), ...changeable];
}

const namesItself = (object: TargetObject): boolean => namesIn(specOf(object)?.imagePullSecrets).length > 0;

function pulls(object: TargetObject, hosts: readonly string[]): boolean {
  const spec = specOf(object);
  return spec !== undefined && !object.metadata.deletionTimestamp && !isOver(object) && imagesFrom(hosts, [{ spec }]).length > 0;
}

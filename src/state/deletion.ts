import { buildKeyring } from "../kubelet/keyring.ts";
import { readPullSecret } from "../kubelet/read-pull-secret.ts";
import type { Pod, Secret } from "../objects.ts";
import type { DeleteFacts, Needing } from "../plan/delete.ts";
import type { ImageRef } from "../registry/port.ts";
import { isOurs } from "../secret/entry.ts";
import { readExisting } from "./existing-secret.ts";
import { secretIn } from "./facts.ts";
import { imagesOf } from "./images.ts";
import type { NamespaceState } from "./namespace-state.ts";
import { namesOf, topOf } from "./pods.ts";
import { isOver, targetOf } from "./targets.ts";

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

/**
 * Pods that have not ended, name a Secret, and have an image that it has a login for; any image, where nobody can tell what is in it.
 * @param pods those of its namespace
 */
function needingOf(secret: Secret, pods: readonly Pod[]): Needing[] {
  const serves = servedBy(secret);
  return pods
    .filter((pod) => !isOver(pod) && !pod.metadata.deletionTimestamp && namesOf(pod).includes(secret.metadata.name))
    .filter((pod) => serves === "any" || imagesOf(pod).some(serves))
    .map((pod) => ({ name: pod.metadata.name, from: topOf({ kind: pod.kind, metadata: pod.metadata }) }));
}

function servedBy(secret: Secret): "any" | ((image: ImageRef) => boolean) {
  const named = { ...secret, name: secret.metadata.name };
  const reading = readPullSecret(named);
  // One of ours without a login is on its way out, or waits for its first
  if (!("entries" in reading) || (reading.entries.length === 0 && !isOurs(secret))) return "any";
  const keyring = buildKeyring([named]);
  return (image) => keyring.lookup(image).length > 0;
}

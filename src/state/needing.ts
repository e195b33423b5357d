import { buildKeyring } from "../kubelet/keyring.ts";
import { readPullSecret } from "../kubelet/read-pull-secret.ts";
import type { Pod, Secret } from "../objects.ts";
import type { Needing } from "../plan/delete-needed.ts";
import type { ImageRef } from "../registry/port.ts";
import { isOurs } from "../secret/entry.ts";
import { topOf } from "./controller.ts";
import { imagesOf } from "./images.ts";
import { namesOf } from "./pulling-pods.ts";
import { isOver } from "./targets.ts";

/**
 * Pods that have not ended, name a Secret, and have an image that it has a login for; any image, where nobody can tell what is in it.
 * @param pods those of its namespace
 */
export function needingOf(secret: Secret, pods: readonly Pod[]): Needing[] {
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

import type { ImageRef } from "../../src/context.ts";
import type { Pod } from "../../src/objects.ts";
import type { WaitingPod } from "../../src/plan/restart.ts";
import { parseImage } from "../../src/registry/image-reference.ts";

/** The images of a pod's containers, taken apart. What is no image reference is left out: the kubelet says so itself. */
export function imagesOf({ spec }: Pod): ImageRef[] {
  const containers = [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
  return containers.flatMap(({ image }) => {
    try {
      return image ? [parseImage(image)] : [];
    } catch {
      return [];
    }
  });
}

/** The images of one registry that pods name, each once. */
export function imagesFrom(host: string, pods: readonly Pod[]): ImageRef[] {
  const images = pods.flatMap(imagesOf).filter((image) => image.host === host);
  return [...new Map(images.map((image) => [`${image.repository}\n${image.reference}`, image])).values()];
}

/** Pods that have not started and have an image of this registry. */
export function waitingPods(host: string, pods: readonly Pod[]): WaitingPod[] {
  return pods
    .filter(({ metadata, status }) => status?.phase === "Pending" && !metadata.deletionTimestamp)
    .map((pod): WaitingPod => {
      const { metadata, spec } = pod;
      return {
        to: { kind: "pod", namespace: metadata.namespace ?? "", name: metadata.name },
        uid: metadata.uid ?? "",
        account: spec.serviceAccountName ?? "default",
        repositories: [...new Set(imagesFrom(host, [pod]).map(({ repository }) => repository))],
        names: (spec.imagePullSecrets ?? []).flatMap(({ name }) => name ?? []),
        hasController: (metadata.ownerReferences ?? []).some(({ controller }) => controller === true),
      };
    })
    .filter(({ repositories }) => repositories.length > 0);
}

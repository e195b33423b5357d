import type { ImageRef } from "../context.ts";
import type { Pod } from "../objects.ts";
import { parseImage } from "../registry/image-reference.ts";

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
  return distinct(pods.flatMap(imagesOf).filter((image) => image.host === host));
}

/** Each image once. */
export const distinct = (images: readonly ImageRef[]): ImageRef[] => [
  ...new Map(images.map((image) => [`${image.repository}\n${image.reference}`, image])).values(),
];

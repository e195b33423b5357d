import type { ImageRef } from "../context.ts";
import type { Container, Pod } from "../objects.ts";
import { parseImage } from "../registry/image-reference.ts";

/** The containers of a pod that have an image, in the order they start. */
export function containersOf({ spec }: Pod): Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])].filter(({ image }) => image);
}

/** The images of a pod's containers, taken apart. What is no image reference is left out: the kubelet says so itself. */
function imagesOf(pod: Pod): ImageRef[] {
  return containersOf(pod).flatMap(({ image = "" }) => {
    try {
      return [parseImage(image)];
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

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

/** The images of one registry that pods name, each once. @param hosts its login server, by which they are told, and others of its hosts */
export function imagesFrom([host = "", ...others]: readonly string[], pods: readonly Pod[]): ImageRef[] {
  const images = pods.flatMap(imagesOf).filter((image) => image.host === host || others.includes(image.host));
  return distinct(images.map((image) => ({ ...image, host })));
}

/** Each image once. */
export const distinct = (images: readonly ImageRef[]): ImageRef[] => [
  ...new Map(images.map((image) => [`${image.repository}\n${image.reference}`, image])).values(),
];

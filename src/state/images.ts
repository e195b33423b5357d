import type { Container, PodSpec } from "../objects.ts";
import { parseImage } from "../registry/image-reference.ts";
import type { ImageRef } from "../registry/port.ts";

/** The containers of a pod that have an image, in the order they start. */
export function containersOf({ spec }: Specified): Container[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])].filter(({ image }) => image);
}

/** What has the spec of pods: a pod, or a template. */
export type Specified = { readonly spec: PodSpec };

/** An image as it is written, taken apart. */
export type Written = ImageRef & { readonly text: string };

/** The images of a pod's containers and volumes, taken apart. What is no image reference is left out: the kubelet says so itself. */
export function imagesOf(pod: Specified): Written[] {
  const volumes = (pod.spec.volumes ?? []).flatMap(({ image }) => image?.reference || []);
  return [...containersOf(pod).map(({ image = "" }) => image), ...volumes].flatMap((text) => {
    try {
      return [{ ...parseImage(text), text }];
    } catch {
      return [];
    }
  });
}

/** The images of one registry that pods name, each once. @param hosts its login server, by which they are told, and others of its hosts */
export function imagesFrom([host = "", ...others]: readonly string[], pods: readonly Specified[]): ImageRef[] {
  const images = pods.flatMap(imagesOf).filter((image) => image.host === host || others.includes(image.host));
  return distinct(images.map(({ text: _, ...image }) => ({ ...image, host })));
}

/** Each image once. */
export const distinct = (images: readonly ImageRef[]): ImageRef[] => [
  ...new Map(images.map((image) => [`${image.repository}\n${image.reference}`, image])).values(),
];

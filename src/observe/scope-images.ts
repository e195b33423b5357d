import type { ImageRef } from "../context.ts";
import type { Ground } from "../fleet/places.ts";
import { distinct, imagesFrom } from "./images.ts";

/** The images of one registry that the pods of a scope name, each once; pods are read page by page and not kept. */
export async function imagesIn(grounds: readonly Ground[], host: string): Promise<ImageRef[]> {
  let images: ImageRef[] = [];
  for (const { cluster, namespaces, open } of grounds) {
    const meant = new Set(namespaces);
    for (const namespace of open ? [undefined] : namespaces) {
      for await (const page of cluster.pages("pod", { namespace })) {
        const pods = page.filter(({ metadata }) => meant.has(metadata.namespace ?? ""));
        images = distinct([...images, ...imagesFrom(host, pods)]);
      }
    }
  }
  return images;
}

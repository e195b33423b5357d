import type { Cluster } from "../cluster/port.ts";
import type { ImageRef } from "../context.ts";
import { CliError } from "../errors.ts";
import type { Ground } from "../fleet/places.ts";
import { distinct, imagesFrom } from "./images.ts";

/**
 * The images of one registry that the pods of a scope name, each once; pods are read page by page and not kept. Where pods may not be
 * read there are none.
 * @param hosts the registry's login server, and others of its hosts
 * @throws CliError forbidden where they may be read nowhere
 */
export async function imagesIn(grounds: readonly Ground[], hosts: readonly string[]): Promise<ImageRef[]> {
  let images: ImageRef[] = [];
  let read = false;
  let refusal: CliError | undefined;
  for (const ground of grounds) {
    for await (const some of imagesOn(ground, hosts)) {
      if (some instanceof CliError) refusal ??= some;
      else {
        read = true;
        images = distinct([...images, ...some]);
      }
    }
  }
  if (refusal && !read) throw refusal;
  return images;
}

/** Images of one ground, or why a namespace has none for us. Where the whole cluster may not be listed, each namespace is asked. */
async function* imagesOn({ cluster, namespaces, open, error }: Ground, hosts: readonly string[]): AsyncGenerator<ImageRef[] | CliError> {
  if (error) return;
  const meant = new Set(namespaces);
  const whole = open ? yield* unlessForbidden(imagesAt(cluster, hosts, meant, undefined)) : "each";
  if (whole === undefined) return;
  for (const namespace of namespaces) {
    const refusal = yield* unlessForbidden(imagesAt(cluster, hosts, meant, namespace));
    if (refusal) yield refusal;
  }
}

async function* imagesAt(cluster: Cluster, hosts: readonly string[], meant: ReadonlySet<string>, namespace: string | undefined) {
  for await (const page of cluster.pages("pod", { namespace }))
    yield imagesFrom(
      hosts,
      page.filter(({ metadata }) => meant.has(metadata.namespace ?? "")),
    );
}

/** @returns the refusal that ended it, if one did */
async function* unlessForbidden<T>(items: AsyncIterable<T>): AsyncGenerator<T, CliError | undefined> {
  try {
    yield* items;
    return undefined;
  } catch (error) {
    if (error instanceof CliError && error.kind === "forbidden") return error;
    throw error;
  }
}

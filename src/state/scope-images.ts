import type { Cluster } from "../cluster/port.ts";
import { CliError, isForbidden } from "../errors.ts";
import { kinds, type TargetKind } from "../kinds.ts";
import type { KubeObject } from "../objects.ts";
import type { ImageRef } from "../registry/port.ts";
import type { ClusterScope } from "../scope/places.ts";
import { distinct, imagesFrom } from "./images.ts";
import { among, type TargetPick, templatesOf } from "./targets.ts";

/** Which images count: of these hosts of one registry, its login server first, as the pods name them and the templates of these targets. */
export type ImageOptions = { readonly hosts: readonly string[]; readonly picks: readonly TargetPick[] };

/**
 * The images of one registry that a scope names, each once; objects are read page by page and not kept. Where they may not be read
 * there are none.
 * @throws CliError forbidden where they may be read nowhere
 */
export async function imagesIn(clusterScopes: readonly ClusterScope[], options: ImageOptions): Promise<ImageRef[]> {
  let images: ImageRef[] = [];
  let read = false;
  let refusal: CliError | undefined;
  for (const clusterScope of clusterScopes) {
    for await (const some of imagesOn(clusterScope, options)) {
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

/** Images of one cluster, or why a namespace has none for us. Where the whole cluster may not be listed, each namespace is asked. */
async function* imagesOn({ cluster, namespaces, open, error }: ClusterScope, options: ImageOptions): AsyncGenerator<ImageRef[] | CliError> {
  if (error) return;
  const meant = new Set(namespaces);
  const whole = open ? yield* untilForbidden(imagesAt(cluster, options, meant, undefined)) : "each";
  if (whole === undefined) return;
  for (const namespace of namespaces) {
    const refusal = yield* untilForbidden(imagesAt(cluster, options, meant, namespace));
    if (refusal) yield refusal;
  }
}

async function* imagesAt(cluster: Cluster, { hosts, picks }: ImageOptions, meant: ReadonlySet<string>, namespace: string | undefined) {
  const isMeant = ({ metadata }: KubeObject) => meant.has(metadata.namespace ?? "");
  for await (const page of cluster.pages("pod", { namespace })) yield imagesFrom(hosts, page.filter(isMeant));
  for (const pick of picks.filter(({ kind }) => "podSpec" in kinds[kind]))
    for await (const page of cluster.pages<TargetKind>(pick.kind, { namespace, labels: pick.selector }))
      yield imagesFrom(hosts, templatesOf(among(pick, page.filter(isMeant))));
}

/** @returns the refusal that ended it, if one did */
async function* untilForbidden<T>(items: AsyncIterable<T>): AsyncGenerator<T, CliError | undefined> {
  try {
    yield* items;
    return undefined;
  } catch (error) {
    if (isForbidden(error)) return error;
    throw error;
  }
}

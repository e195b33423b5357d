import type { AzureFacts } from "../check/facts.ts";
import type { Cluster } from "../cluster/port.ts";
import { CliError, isForbidden } from "../errors.ts";
import { kinds, type TargetKind } from "../kinds.ts";
import type { Container, KubeObject, PodSpec } from "../objects.ts";
import { parseImage } from "../registry/image-reference.ts";
import { loginServerIn, registryName } from "../registry/login-server.ts";
import type { ImageRef } from "../registry/port.ts";
import type { ClusterScope } from "../scope/cluster-scopes.ts";
import { among, type TargetPick, templatesOf } from "./targets.ts";

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
const distinct = (images: readonly ImageRef[]): ImageRef[] => [
  ...new Map(images.map((image) => [`${image.repository}\n${image.reference}`, image])).values(),
];

/**
 * The registry in Azure behind an image's host, which may name it in a way that its login server does not: with the port 443, in
 * capitals, or by one of its regional endpoints (`NAME.REGION.geo.azurecr.io`).
 */
export function azureHost(host: string): AzureFacts | undefined {
  const small = host.toLowerCase();
  const bare = small.replace(/:443$/, "");
  const registry = registryName(bare);
  if (registry === undefined) return undefined;
  const loginServer = loginServerIn(bare) ?? bare;
  const otherwise = host !== small ? "capitals" : small !== bare ? "port" : bare !== loginServer ? "region" : undefined;
  return { registry, loginServer, otherwise };
}

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

import type { ImageFacts } from "../check/facts.ts";
import { CliError, isForbidden } from "../errors.ts";
import type { TargetKind } from "../kinds.ts";
import type { Container, KubeObject, PodSpec } from "../objects.ts";
import { formatImage, parseImage } from "../registry/image-reference.ts";
import { loginServerIn, registryName } from "../registry/login-server.ts";
import type { ImageRef } from "../registry/port.ts";
import { type ClusterScope, clusterWideOrEach } from "../scope/cluster-scopes.ts";
import { hasPods } from "../wording.ts";
import { among, type TargetPick, templatesOf } from "./targets.ts";

/** Returns the containers of a pod that have an image, in start order. */
export function containersOf({ spec }: Specified): Container[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])].filter(({ image }) => image);
}

/** An image of a pod spec as written, with the name of its container or of its volume. */
export type NamedImage = { readonly text: string; readonly container?: string; readonly volume?: string };

/** Returns the images of a pod spec: those of containers in start order, then those of volumes. */
export const namedImagesOf = (pod: Specified): NamedImage[] => [
  ...containersOf(pod).map(({ name, image = "" }) => ({ text: image, container: name })),
  ...(pod.spec.volumes ?? []).flatMap(({ name, image }) => (image?.reference ? [{ text: image.reference, volume: name }] : [])),
];

type Specified = { readonly spec: PodSpec };

type ParsedImage = ImageRef & { readonly text: string };

/** Parses the name of an image. @returns why it is invalid, or its usual form */
export function readImage(text: string): { readonly image: ImageRef | { readonly invalid: string }; readonly text: string } {
  try {
    const image = parseImage(text);
    return { image, text: formatImage(image) };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return { image: { invalid: error.message }, text };
  }
}

/** Returns the parsed images of a pod's containers and volumes. Omits invalid references: the kubelet reports these itself. */
export const imagesOf = (pod: Specified): ParsedImage[] =>
  namedImagesOf(pod).flatMap(({ text }) => {
    const { image } = readImage(text);
    return "invalid" in image ? [] : [{ ...image, text }];
  });

/**
 * Returns the distinct images of one registry that pods use.
 * @param hosts the login server, which replaces the other hosts in the result, and other hosts of the registry
 */
export function imagesFrom([host = "", ...others]: readonly string[], pods: readonly Specified[]): ImageRef[] {
  const images = pods.flatMap(imagesOf).filter((image) => image.host === host || others.includes(image.host));
  return distinct(images.map(({ text: _, ...image }) => ({ ...image, host })));
}

const distinct = (images: readonly ImageRef[]): ImageRef[] => [
  ...new Map(images.map((image) => [`${image.repository}\n${image.reference}`, image])).values(),
];

/**
 * Returns the registry in Azure for an image's host. The host can differ from the login server: with port 443, with capital letters, as a
 * regional endpoint (`NAME.REGION.geo.azurecr.io`), or by the zone of private endpoints (`NAME.privatelink.azurecr.io`).
 */
export function azureHost(host: string): ImageFacts["azure"] {
  const small = host.toLowerCase();
  const own = small.replace(/:443$/, "");
  const bare = own.replace(/^([a-z0-9-]+)\.privatelink(?=\.azurecr\.)/, "$1");
  const registry = registryName(bare);
  if (registry === undefined) return undefined;
  const loginServer = loginServerIn(bare) ?? bare;
  const forms = [host, small, own, bare, loginServer];
  const otherwise = (["capitals", "port", "private", "region"] as const).find((_, index) => forms[index] !== forms[index + 1]);
  return { registry, loginServer, otherwise };
}

/**
 * Options for reading images. `hosts`: the hosts of one registry, the login server first. `picks`: targets whose templates are read too.
 */
type ImageOptions = { readonly hosts: readonly string[]; readonly picks: readonly TargetPick[] };

/**
 * Returns the distinct images of one registry that the namespaces of a scope use. Reads the objects page by page and doesn't keep them.
 * Reads each namespace if cluster-wide lists are forbidden. Namespaces where reading is forbidden add none.
 * @throws CliError forbidden if reading is forbidden everywhere
 */
export async function imagesIn(clusterScope: ClusterScope, options: ImageOptions): Promise<ImageRef[]> {
  let images: ImageRef[] = [];
  let read = false;
  let refusal: CliError | undefined;
  for await (const some of clusterWideOrEach(clusterScope, imagesInAll(clusterScope, options), imagesInEach(clusterScope, options)))
    if (some instanceof CliError) refusal ??= some;
    else {
      read = true;
      images = distinct([...images, ...some]);
    }
  if (refusal && !read) throw refusal;
  return images;
}

/** Yields once, after all lists were read: one of them may be forbidden. */
async function* imagesInAll(clusterScope: ClusterScope, options: ImageOptions): AsyncGenerator<ImageRef[]> {
  yield (await Array.fromAsync(imagesAt(clusterScope, options, undefined))).flat();
}

/** Yields the images, and the error of each namespace that can't be read. */
async function* imagesInEach(clusterScope: ClusterScope, options: ImageOptions): AsyncGenerator<ImageRef[] | CliError> {
  for (const namespace of clusterScope.namespaces) {
    try {
      yield* imagesAt(clusterScope, options, namespace);
    } catch (error) {
      if (!isForbidden(error)) throw error;
      yield error;
    }
  }
}

async function* imagesAt({ cluster, namespaces }: ClusterScope, { hosts, picks }: ImageOptions, namespace: string | undefined) {
  const selected = new Set(namespaces);
  const isSelected = ({ metadata }: KubeObject) => selected.has(metadata.namespace ?? "");
  for await (const page of cluster.pages("pod", { namespace })) yield imagesFrom(hosts, page.filter(isSelected));
  for (const pick of picks.filter(hasPods))
    for await (const page of cluster.pages<TargetKind>(pick.kind, { namespace, labels: pick.selector }))
      yield imagesFrom(hosts, templatesOf(among(pick, page.filter(isSelected))));
}

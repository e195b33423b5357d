import { image, layoutArchive, plainLayer } from "../oci.ts";

const architectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** An image of one layer as `ctr images import` takes it: it is named by containerd's own annotation. */
export function imageArchive(name: string, { layer, entrypoint }: { layer: Uint8Array; entrypoint: readonly string[] }): Buffer {
  const one = image(architectures[process.arch] ?? process.arch, [plainLayer(layer)], { config: { Entrypoint: entrypoint } });
  return layoutArchive([{ ...one, descriptor: { ...one.descriptor, annotations: { "io.containerd.image.name": name } } }]);
}

import { image, layoutArchive, plainLayer } from "../oci.ts";

const architectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** Returns an image of one layer for `ctr images import`. containerd's own annotation names the image. */
export function imageArchive(name: string, { layer, entrypoint }: { layer: Uint8Array; entrypoint: readonly string[] }): Buffer {
  const one = image(architectures[process.arch] ?? process.arch, [plainLayer(layer)], { config: { Entrypoint: entrypoint } });
  return layoutArchive([{ ...one, descriptor: { ...one.descriptor, annotations: { "io.containerd.image.name": name } } }]);
}

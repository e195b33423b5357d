import { createHash } from "node:crypto";
import { type Entry, tar } from "./tar.ts";

/** The description of a blob in a registry or an index (OCI image specification 1.0, descriptor.md). */
export type Descriptor = {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly os: string; readonly architecture: string };
  readonly annotations?: Readonly<Record<string, string>>;
};

/** An image: its descriptor and all its blobs. */
export type Stored = { readonly descriptor: Descriptor; readonly blobs: readonly Uint8Array[] };

/** A layer as it is stored, and the digest of the uncompressed tar. */
export type Layer = { readonly content: Uint8Array; readonly packed: "" | "+gzip"; readonly diffId: string };

export function digestOf(content: Uint8Array): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

export const plainLayer = (content: Uint8Array): Layer => ({ content, packed: "", diffId: digestOf(content) });

/** Creates a Linux image from layers. @param config the configuration of a container (`Entrypoint`, `User`) and other properties of the image */
export function image(
  architecture: string,
  layers: readonly Layer[],
  config: { readonly config: object; readonly created?: string },
): Stored {
  const settings = json({
    ...config,
    architecture,
    os: "linux",
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: descriptor("application/vnd.oci.image.config.v1+json", settings),
    layers: layers.map(({ content, packed }) => descriptor(`application/vnd.oci.image.layer.v1.tar${packed}`, content)),
  });
  return {
    descriptor: { ...descriptor("application/vnd.oci.image.manifest.v1+json", manifest), platform: { os: "linux", architecture } },
    blobs: [settings, ...layers.map(({ content }) => content), manifest],
  };
}

/** Returns the files of an OCI image layout 1.0.0. Its index has one image per platform. */
export function layout(images: readonly Stored[], annotations: Readonly<Record<string, string>> = {}): Entry[] {
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const index = json({ schemaVersion: 2, mediaType, manifests: images.map((one) => one.descriptor), annotations });
  const stored = new Map(images.flatMap(({ blobs }) => blobs).map((content) => [`blobs/${digestOf(content).replace(":", "/")}`, content]));
  return [
    { name: "oci-layout", content: json({ imageLayoutVersion: "1.0.0" }) },
    { name: "index.json", content: index },
    ...[...stored].map(([name, content]) => ({ name, content })),
  ];
}

/** Returns a layout as one file for `ctr images import`. */
export const layoutArchive = (...given: Parameters<typeof layout>): Buffer => tar(layout(...given));

function descriptor(mediaType: string, content: Uint8Array): Descriptor {
  return { mediaType, digest: digestOf(content), size: content.length };
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

import { createHash } from "node:crypto";
import { tar } from "../tar.ts";

const architectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/**
 * An image of one layer as `ctr images import` takes it: the tar of an OCI image layout 1.0.0 whose index names it
 * by containerd's own annotation.
 */
export function imageArchive(name: string, { layer, entrypoint }: { layer: Uint8Array; entrypoint: readonly string[] }): Buffer {
  const config = json({
    architecture: architectures[process.arch] ?? process.arch,
    os: "linux",
    config: { Entrypoint: entrypoint },
    rootfs: { type: "layers", diff_ids: [digest(layer)] },
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: descriptor("application/vnd.oci.image.config.v1+json", config),
    layers: [descriptor("application/vnd.oci.image.layer.v1.tar", layer)],
  });
  const index = json({
    schemaVersion: 2,
    manifests: [
      { ...descriptor("application/vnd.oci.image.manifest.v1+json", manifest), annotations: { "io.containerd.image.name": name } },
    ],
  });
  const blobs = [config, manifest, layer].map((content) => ({ name: `blobs/${digest(content).replace(":", "/")}`, content }));
  return tar([{ name: "oci-layout", content: json({ imageLayoutVersion: "1.0.0" }) }, { name: "index.json", content: index }, ...blobs]);
}

function descriptor(mediaType: string, content: Uint8Array) {
  return { mediaType, digest: digest(content), size: content.length };
}

function digest(content: Uint8Array): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

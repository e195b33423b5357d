import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { programLayer } from "../tar.ts";
import { notePush } from "./acr/data-plane.ts";
import type { State } from "./state.ts";
import type { Registry } from "./world.ts";

/** `layer` is an uncompressed tar. `entrypoint` is the command of a container. */
export type PushOptions = { readonly layer?: Buffer; readonly entrypoint?: readonly string[]; readonly format?: "oci" | "docker" };

const mediaTypes = {
  oci: {
    manifest: "application/vnd.oci.image.manifest.v1+json",
    config: "application/vnd.oci.image.config.v1+json",
    layer: "application/vnd.oci.image.layer.v1.tar+gzip",
  },
  docker: {
    manifest: "application/vnd.docker.distribution.manifest.v2+json",
    config: "application/vnd.docker.container.image.v1+json",
    layer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
  },
};

/**
 * Pushes an image for linux/amd64 with one layer to a registry, directly through the real registry's API.
 *
 * @param image as a pod names it: `myregistry.azurecr.io/app/web:1`
 * @returns the manifest's digest
 */
export async function push(
  state: State,
  image: string,
  { layer, entrypoint = ["/hello"], format = "oci" }: PushOptions = {},
): Promise<string> {
  const [, host, repository = "", tag = "latest"] = /^([^/]+)\/([^:@]+)(?::([\w.-]+))?$/.exec(image) ?? [];
  const registry = state.world.registries.find(({ loginServer }) => loginServer === host);
  if (!registry) throw new Error(`there is no registry for ${image}`);
  const types = mediaTypes[format];
  const tar = layer ?? programLayer("hello", Buffer.from(`${image}\n`));
  const packed = gzipSync(tar);
  const config = Buffer.from(
    JSON.stringify({
      architecture: "amd64",
      os: "linux",
      config: { Entrypoint: entrypoint },
      rootfs: { type: "layers", diff_ids: [digest(tar)] },
    }),
  );
  const describe = (mediaType: string, blob: Buffer) => ({ mediaType, size: blob.length, digest: digest(blob) });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: types.manifest,
      config: describe(types.config, config),
      layers: [describe(types.layer, packed)],
    }),
  );
  await upload(state, registry, repository, config);
  await upload(state, registry, repository, packed);
  const path = `/v2/${repository}/manifests/${tag}`;
  const { message, body } = await state.store.ask(
    registry,
    { method: "PUT", path, headers: { "content-type": types.manifest } },
    repository,
    manifest,
  );
  if (message.statusCode !== 201) throw new Error(`the registry refused ${image}: ${message.statusCode} ${body}`);
  notePush(registry, { repository, reference: tag });
  return digest(manifest);
}

async function upload(state: State, registry: Registry, repository: string, blob: Buffer): Promise<void> {
  const begun = await state.store.ask(
    registry,
    { method: "POST", path: `/v2/${repository}/blobs/uploads/`, headers: { "content-length": 0 } },
    repository,
  );
  const { pathname, search } = new URL(begun.message.headers.location ?? "", `https://${registry.loginServer}`);
  const path = `${pathname}${search}${search ? "&" : "?"}digest=${digest(blob)}`;
  const headers = { "content-type": "application/octet-stream" };
  const { message, body } = await state.store.ask(registry, { method: "PUT", path, headers }, repository, blob);
  if (message.statusCode !== 201) throw new Error(`the registry refused a blob of ${repository}: ${message.statusCode} ${body}`);
}

const digest = (bytes: Buffer) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

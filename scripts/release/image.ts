import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { digestOf, image, type Layer, layout, type Stored } from "../../sandbox/oci.ts";
import type { Progress } from "../../sandbox/progress.ts";
import { type Entry, tar } from "../../sandbox/tar.ts";
import { descriptor } from "../krew/generate.ts";
import { packagePlugin } from "../package.ts";
import type { Platform } from "../platforms.ts";
import { root } from "../run.ts";
import { releaseDate } from "./date.ts";
import { baseEntries, nonroot } from "./image/base.ts";
import type { Architecture } from "./image/debian.ts";

type Order = {
  readonly platforms: readonly Platform[];
  readonly version: string;
  /** the destination folder */
  readonly into: string;
  readonly progress: Progress;
};

/**
 * Creates an OCI image layout with one index: an image for each requested Linux platform. The same sources give the same bytes.
 *
 * @returns the path of its folder
 */
export async function containerImage(order: Order): Promise<string> {
  const { homepage, shortDescription } = (await descriptor()).spec;
  const { version, into, progress } = order;
  const created = releaseDate(await readFile(join(root, "CHANGELOG.md"), "utf8"), version).toISOString();
  const said = {
    "org.opencontainers.image.title": "kubectl-acr-secret",
    "org.opencontainers.image.description": shortDescription,
    "org.opencontainers.image.version": version,
    "org.opencontainers.image.licenses": "MIT",
    "org.opencontainers.image.source": homepage,
  };
  const images: Stored[] = [];
  for (const platform of order.platforms.filter(({ target }) => target.platform === "linux")) {
    progress(`Making the image of ${platform.name}`);
    const architecture = platform.name.replace("linux-", "") as Architecture;
    images.push(image(architecture, await layersOf(platform, architecture, order), { created, config: { ...container, Labels: said } }));
  }
  const folder = join(into, `kubectl-acr-secret-image-v${version}`);
  await put(folder, layout(images, said));
  return folder;
}

/** The configuration of a container in OCI's names. Without a kubectl, the plugin connects directly to its pod's cluster. */
const container = {
  Entrypoint: ["/usr/bin/kubectl-acr_secret"],
  User: `${nonroot}:${nonroot}`,
  WorkingDir: "/",
  Env: ["PATH=/usr/bin", "HOME=/tmp", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"],
};

/** Ordered from the least to the most frequently changed layer, so that a new version is one layer to pull. */
async function layersOf(platform: Platform, architecture: Architecture, { progress }: Order): Promise<Layer[]> {
  const { folder } = await packagePlugin({ progress, platform });
  const file = async (path: string, name: string, mode = 0o644): Promise<Entry> => ({ name, content: await readFile(path), mode });
  const own = (name: string, mode?: number) =>
    file(join(folder, name), mode ? `usr/bin/${name}` : `usr/share/doc/kubectl-acr-secret/${name}`, mode);
  return Promise.all([
    layer(await baseEntries(architecture)),
    layer(await Promise.all([own("LICENSE"), own("THIRD_PARTY_LICENSES"), own(platform.program, 0o755)])),
  ]);
}

async function layer(entries: readonly Entry[]): Promise<Layer> {
  const plain = tar(entries);
  return { content: await promisify(gzip)(plain, { level: 9 }), packed: "+gzip", diffId: digestOf(plain) };
}

/** Writes files into a folder. The folder appears only when it is complete. */
async function put(folder: string, files: readonly Entry[]): Promise<void> {
  const fresh = `${folder}.${process.pid}`;
  try {
    for (const { name, content } of files) {
      await mkdir(dirname(join(fresh, name)), { recursive: true });
      await writeFile(join(fresh, name), content);
    }
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

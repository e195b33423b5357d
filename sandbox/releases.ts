import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { chmod, mkdtemp, rename } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { requiredVersion } from "./go.ts";
import { guardedFolder } from "./guard.ts";
import type { Progress } from "./progress.ts";

/** The base URLs of the hosts from which Kubernetes, and the projects on GitHub, publish their programs. */
export type Publishers = { readonly kubernetes: string; readonly github: string };

export const publishers: Publishers = { kubernetes: "https://dl.k8s.io", github: "https://github.com" };

/** Milliseconds. A publisher that does not answer in this time is not used. */
const answerLimit = 2000;
/** Milliseconds for the downloads of a module. A build is then probably faster. */
const downloadLimit = 10 * 60_000;

const os = process.platform;
const arch = process.arch === "x64" ? "amd64" : process.arch;

/** Where a program is published. */
type Place = {
  /** The Go module with the same version. */
  readonly of: string;
  /** The URL of the program, or of a tar.gz archive with it. */
  url(version: string, from: Publishers): string;
  /** The file of checksums next to it. Without it, the name of the program or archive with `.sha256`. */
  readonly checksums?: string;
  /** The path of the program in the archive. */
  inside?(version: string): string;
};

const kubernetes = (program: string): Place => ({
  of: "k8s.io/kubernetes",
  url: (version, from) => `${from.kubernetes}/release/${version}/bin/${os}/${arch}/${program}`,
});
const craneSystem = `${os === "darwin" ? "Darwin" : "Linux"}_${arch === "amd64" ? "x86_64" : arch}`;

/** The programs that their publishers also release. All others are always built. */
const places: Readonly<Record<string, Place>> = {
  "kube-apiserver": kubernetes("kube-apiserver"),
  "kube-controller-manager": kubernetes("kube-controller-manager"),
  "kube-scheduler": kubernetes("kube-scheduler"),
  kubelet: kubernetes("kubelet"),
  kubectl: kubernetes("kubectl"),
  etcd: {
    of: "go.etcd.io/etcd/server/v3",
    url: (version, { github }) => `${github}/etcd-io/etcd/releases/download/${version}/etcd-${version}-${os}-${arch}.tar.gz`,
    checksums: "SHA256SUMS",
    inside: (version) => `etcd-${version}-${os}-${arch}/etcd`,
  },
  registry: {
    of: "github.com/distribution/distribution/v3",
    url: (version, { github }) =>
      `${github}/distribution/distribution/releases/download/${version}/registry_${version.slice(1)}_${os}_${arch}.tar.gz`,
    inside: () => "registry",
  },
  crane: {
    of: "github.com/google/go-containerregistry",
    url: (version, { github }) =>
      `${github}/google/go-containerregistry/releases/download/${version}/go-containerregistry_${craneSystem}.tar.gz`,
    checksums: "checksums.txt",
    inside: () => "crane",
  },
};

/** A published program, and the checksum that its publisher serves next to it. */
export type Release = {
  readonly program: string;
  readonly url: string;
  /** hexadecimal */
  readonly sha256: string;
  /** The path of the program in a tar.gz archive. Without it, `url` is the program. */
  readonly inside?: string | undefined;
};

/** Finds the releases of programs, at the versions that `goMod` requires, for which the publisher serves a checksum within two seconds. */
export async function findReleases(programs: readonly string[], goMod: string, from: Publishers): Promise<Release[]> {
  const signal = AbortSignal.timeout(answerLimit);
  const find = async (program: string): Promise<Release[]> => {
    const place = places[program];
    const version = requiredVersion(place?.of ?? "", goMod);
    if (!place || version === "") return [];
    const url = place.url(version, from);
    const checksums = place.checksums ? new URL(place.checksums, url).href : `${url}.sha256`;
    const response = await fetch(checksums, { signal }).catch(() => undefined);
    const text = response?.ok ? await response.text().catch(() => "") : "";
    const sha256 = checksumOf(url.slice(url.lastIndexOf("/") + 1), text);
    return sha256 === undefined ? [] : [{ program, url, sha256, inside: place.inside?.(version) }];
  };
  return (await Promise.all(programs.map(find))).flat();
}

/** Reads the output of sha256sum. Kubernetes' files have only the checksum. */
function checksumOf(name: string, text: string): string | undefined {
  const lines = text.split("\n").map((line) => line.trim().split(/\s+\*?/));
  return lines.find(([sum = "", file = name]) => /^[0-9a-f]{64}$/.test(sum) && file === name)?.[0];
}

/** Downloads programs into a folder. Prints why one cannot be used, and leaves it out. A program appears only when it is complete. */
export async function download(releases: readonly Release[], { into, progress }: { into: string; progress: Progress }): Promise<void> {
  if (releases.length === 0) return;
  const work = await guardedFolder(`${into}/.`);
  const signal = AbortSignal.timeout(downloadLimit);
  let bytes = 0;
  const count = (more: number) => {
    const before = Math.floor(bytes / 1e6);
    bytes += more;
    if (Math.floor(bytes / 1e6) > before) progress(`downloading the sandbox's programs: ${before + 1} MB`);
  };
  const one = async (release: Release) => {
    try {
      const file = await fetchFile(release, { work: work.path, signal, count });
      await chmod(file, 0o755);
      await rename(file, join(into, release.program));
    } catch (error) {
      progress(`${release.program} is built from source: ${error instanceof Error ? error.message : error}`, "stays");
    }
  };
  try {
    await Promise.all(releases.map(one));
  } finally {
    await work.remove();
  }
}

type Fetch = { readonly work: string; readonly signal: AbortSignal; count(bytes: number): void };

/** Downloads a program and compares its checksum. @returns the path of the program */
async function fetchFile({ program, url, sha256, inside }: Release, { work, signal, count }: Fetch): Promise<string> {
  const response = await fetch(url, { signal });
  if (!response.ok || !response.body) throw new Error(`${url} answered ${response.status}`);
  const file = join(work, inside === undefined ? program : `${program}.tar.gz`);
  const hash = createHash("sha256");
  const checked = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      count(chunk.length);
      yield chunk;
    }
  };
  await pipeline(Readable.fromWeb(response.body), checked, createWriteStream(file));
  if (hash.digest("hex") !== sha256) throw new Error(`${url} does not have the checksum that its publisher serves`);
  if (inside === undefined) return file;
  const folder = await mkdtemp(join(work, `${program}-`));
  await promisify(execFile)("tar", ["-xzf", file, "-C", folder, inside]);
  return join(folder, inside);
}

import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { programLayer } from "../tar.ts";
import { writeNetwork } from "./cni.ts";
import { imageArchive } from "./image.ts";
import type { Inside, Namespaces } from "./namespaces.ts";
import { until } from "./until.ts";

/** The image that holds a pod's namespaces open. It is imported, not pulled. */
const pauseImage = "sandbox.local/pause:1";

/**
 * Starts containerd with its CRI plugin and imports the pause image.
 *
 * @param proxy an HTTP proxy (CONNECT) for all registries
 * @param caFile the CAs (PEM) that verify the registries' certificates. The machine's own CAs do not count.
 * @param pause the static program of the pause image
 */
export async function startContainerd(
  inside: Namespaces,
  { proxy, caFile, pause }: { proxy: string; caFile: string; pause: string },
): Promise<Inside & { readonly socket: string }> {
  const at = (...names: string[]) => join(inside.folder, ...names);
  const socket = at("containerd.sock");
  await writeFile(at("containerd.toml"), configuration(inside.folder, { socket, ...(await writeNetwork(inside.folder)) }));
  const daemon = await inside.daemon("containerd", "containerd", ["--config", at("containerd.toml")], {
    HTTPS_PROXY: proxy,
    NO_PROXY: "127.0.0.1,localhost",
    SSL_CERT_FILE: caFile,
    SSL_CERT_DIR: at("no-certificates"),
  });
  const layer = programLayer("pause", await readFile(pause));
  await writeFile(at("pause.tar"), imageArchive(pauseImage, { layer, entrypoint: ["/pause"] }));

  await until("containerd listens", daemon.exited, () => exists(socket));
  const ctr = (...args: string[]) => inside.run("ctr", ["--address", socket, "--namespace", "k8s.io", ...args]);
  await ctr("images", "import", at("pause.tar"));
  await ctr("images", "label", pauseImage, "io.cri-containerd.pinned=pinned"); // otherwise the kubelet's garbage collection may delete it
  return { ...daemon, socket };
}

function configuration(
  folder: string,
  { socket, programs, configuration }: { socket: string; programs: string; configuration: string },
): string {
  const text = (value: string) => JSON.stringify(value); // formats a path as a TOML basic string
  return `version = 2
root = ${text(join(folder, "containerd"))}
state = ${text(join(folder, "containerd-state"))}
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]
[grpc]
  address = ${text(socket)}
[plugins."io.containerd.internal.v1.opt"]
  path = ${text(join(folder, "opt"))}
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${text(pauseImage)}
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = ${text(programs)}
    conf_dir = ${text(configuration)}
`;
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

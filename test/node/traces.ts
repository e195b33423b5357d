import { readdir, readFile, readlink } from "node:fs/promises";
import { basename, join } from "node:path";

/** The traces of a node on this machine. */
export type Traces = {
  /** Command lines of its daemons and of its containers' programs. */
  readonly processes: readonly string[];
  readonly cgroups: readonly string[];
  /** Network namespaces of its processes: `net:[4026532201]`. */
  readonly networks: readonly string[];
};

/** Returns everything that belongs to the sandbox in a folder with a unique name: by command line, environment and cgroup. */
export async function tracesOf(folder: string): Promise<Traces> {
  const mark = folder.slice(folder.lastIndexOf("/") + 1);
  const processes: string[] = [];
  const networks = new Set<string>();
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && name !== `${process.pid}`)) {
    const [line, environment, cgroup, network] = await Promise.all([
      readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""),
      readFile(`/proc/${pid}/environ`, "utf8").catch(() => ""),
      readFile(`/proc/${pid}/cgroup`, "utf8").catch(() => ""),
      readlink(`/proc/${pid}/ns/net`).catch(() => ""),
    ]);
    if (![line, environment, cgroup].some((text) => text.includes(`${mark}/node`) || text.includes(`acr-secret-node-${mark}`))) continue;
    processes.push(line.replaceAll("\0", " ").trim() || pid);
    networks.add(network);
  }
  networks.delete(await readlink("/proc/self/ns/net"));
  return { processes, networks: [...networks].filter(Boolean), cgroups: await cgroupsOf(`acr-secret-node-${mark}`) };
}

/** The cgroups of a node are at the top of each hierarchy: of version 2, which is the root, or of those of version 1. */
async function cgroupsOf(mark: string, root = "/sys/fs/cgroup"): Promise<string[]> {
  const hierarchies = await foldersIn(root);
  const found = (await Promise.all([root, ...hierarchies].map(foldersIn))).flat();
  return found.filter((path) => basename(path).startsWith(mark));
}

/** Other programs remove cgroups meanwhile. */
async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
}

/**
 * Returns the state of the machine that a node must not change. This is the mounts of this process, and the folders and kernel settings of
 * a kubelet and containerd.
 */
export async function machine(): Promise<Readonly<Record<string, unknown>>> {
  const text = (path: string) => readFile(path, "utf8").catch(() => "none");
  const names = (path: string) =>
    readdir(path).then(
      (list) => list.sort(),
      () => "none",
    );
  const folders = [
    "/run",
    "/run/netns",
    "/run/containerd",
    "/var/lib",
    "/var/lib/cni",
    "/var/log",
    "/etc",
    "/etc/cni",
    "/opt",
    "/usr/libexec",
  ];
  const sysctls = ["vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys"];
  const files = ["/proc/self/mountinfo", "/proc/net/ip_tables_names", ...sysctls.map((name) => `/proc/sys/${name}`)];
  return Object.fromEntries([
    ...(await Promise.all(folders.map(async (path) => [path, await names(path)] as const))),
    ...(await Promise.all(files.map(async (path) => [path, await text(path)] as const))),
  ]);
}

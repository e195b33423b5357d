import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** The Debian package of each program. */
const packages: Readonly<Record<string, string>> = {
  containerd: "containerd",
  ctr: "containerd",
  runc: "runc",
  unshare: "util-linux",
  nsenter: "util-linux",
  mount: "mount",
};

/** The plugin of the loopback device, at the path of Debian's containernetworking-plugins. */
export const loopbackPlugin = "/usr/lib/cni/loopback";

/** Returns what this machine lacks for a real node: `Linux`, `root`, or names of Debian packages. If empty, `startNode` works here. */
export async function missingForNode(): Promise<string[]> {
  if (process.platform !== "linux") return ["Linux"];
  const missing = new Set<string>();
  if (process.getuid?.() !== 0) missing.add("root");
  for (const [program, name] of Object.entries(packages)) {
    if (!(await isOnPath(program))) missing.add(name);
  }
  if (!(await isExecutable(loopbackPlugin))) missing.add("containernetworking-plugins");
  return [...missing];
}

async function isOnPath(program: string): Promise<boolean> {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    if (folder !== "" && (await isExecutable(join(folder, program)))) return true;
  }
  return false;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

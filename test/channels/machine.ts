import { spawn } from "node:child_process";
import { mkdir, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { binaries } from "../../sandbox/binaries.ts";
import { guardedFolder } from "../../sandbox/guard.ts";
import { type Ended, ended } from "../support/plugin.ts";

/** A folder that represents a machine's `/`, and a shell. */
export type Machine = {
  readonly folder: string;
  /** Runs a line in `sh`. Programs below `bin` of the machine come first on PATH. */
  type(command: string): Promise<Ended>;
  /** Returns every file below the folder by its path, except the package manager's own database. */
  files(): Promise<string[]>;
};

/**
 * Creates an empty machine, which is deleted when the test ends.
 *
 * @param bin the folder of its programs: `usr/bin`
 * @param notes the folder of the package manager's database: `var/lib/dpkg`
 */
export async function openMachine(bin: string, notes: string): Promise<Machine> {
  const home = await guardedFolder("acr-secret-channel-");
  onTestFinished(() => home.remove());
  const folder = join(home.path, "machine");
  const tools = await binaries({ need: ["kubectl"] });
  for (const name of ["bin", "home"]) await mkdir(join(home.path, name));
  await symlink(tools.program("kubectl"), join(home.path, "bin", "kubectl"));
  const env = {
    HOME: join(home.path, "home"),
    TMPDIR: home.path,
    KUBECACHEDIR: join(home.path, "cache"),
    PATH: [join(folder, bin), join(home.path, "bin"), process.env["PATH"]].join(":"),
  };
  return {
    folder,
    type: (command) => ended(spawn("sh", ["-c", command], { cwd: home.path, env, stdio: ["ignore", "pipe", "pipe"] })),
    async files() {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      const paths = entries.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
      return paths.filter((path) => !`${path}/`.startsWith(`${notes}/`) && !notes.startsWith(`${path}/`)).sort();
    },
  };
}

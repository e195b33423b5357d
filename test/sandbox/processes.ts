import { readdir, readFile, readlink } from "node:fs/promises";

/** Returns the processes of a folder: it is their working directory, or their command line contains it (Linux: /proc). */
export async function processesOf(folder: string): Promise<string[]> {
  const found = await Promise.all(
    (await pids()).map(async (pid) => {
      const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => "");
      const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      return line !== "" && (cwd.startsWith(folder) || line.includes(folder)) ? [line.replaceAll("\0", " ").trim()] : [];
    }),
  );
  return found.flat();
}

/** Returns the /proc/PID/stat of every process of a group, except zombies. */
export async function processesOfGroup(group: number): Promise<string[]> {
  const living = /^\d+ \(.*\) [^ZX] \d+ (\d+) /s;
  const lines = await Promise.all((await pids()).map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")));
  return lines.filter((line) => living.exec(line)?.[1] === String(group));
}

const pids = async () => (await readdir("/proc")).filter((name) => /^\d+$/.test(name));

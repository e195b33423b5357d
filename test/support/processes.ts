import { readdir, readFile, readlink } from "node:fs/promises";

/** Returns the other processes of this machine (Linux: /proc). A process that has ended has empty texts. */
export async function processes() {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const read = (path: string) => readFile(path, "utf8").catch(() => "");
  return Promise.all(
    pids.map(async (pid) => ({
      pid: Number(pid),
      line: (await read(`/proc/${pid}/cmdline`)).replaceAll("\0", " ").trim(),
      environment: await read(`/proc/${pid}/environ`),
      stat: await read(`/proc/${pid}/stat`),
      cwd: await readlink(`/proc/${pid}/cwd`).catch(() => ""),
    })),
  );
}

/** Returns the command lines of the processes of a folder: it is their working directory, or their command line contains it. */
export async function processesOf(folder: string): Promise<string[]> {
  return (await processes()).flatMap(({ line, cwd }) => (line !== "" && (cwd.startsWith(folder) || line.includes(folder)) ? [line] : []));
}

import { readdir, readFile } from "node:fs/promises";

/** The command lines of every process whose command line names `marker` (Linux: /proc). */
export async function processesNaming(marker: string): Promise<string[]> {
  const lines = (await read("cmdline")).map((line) => line.replaceAll("\0", " ").trim());
  return lines.filter((line) => line.includes(marker));
}

/** The /proc/PID/stat of every process of a group, but for those that are dead and wait to be reaped. */
export async function processesOfGroup(group: number): Promise<string[]> {
  const living = /^\d+ \(.*\) [^ZX] \d+ (\d+) /s;
  return (await read("stat")).filter((line) => living.exec(line)?.[1] === String(group));
}

async function read(file: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  return Promise.all(pids.map((pid) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "")));
}

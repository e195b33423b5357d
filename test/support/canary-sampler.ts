import { readdirSync, readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";

// A process that reads /proc as fast as possible until its stdin ends, and then prints its observations as JSON: the command line of every
// descendant of the process in its argument, and the environment of every `kubectl proxy` among them. It prints `watching` first.

type Process = { readonly parent: string; readonly start: string };

const root = process.argv[2];
const seen = new Set<string>();
/** The start times of the descendants, by id. Their own children may lose them as a parent, and the kernel uses ids again. */
const descendants = new Map<string, string>();
let ended = false;
process.stdin.on("end", () => {
  ended = true;
});
process.stdin.resume();
process.stderr.write("watching\n");

while (!ended) {
  const all = new Map(readdirSync("/proc").flatMap((pid) => (/^\d+$/.test(pid) ? readProcess(pid) : [])));
  for (const [pid, { start }] of all) {
    if (!descends(pid, all)) continue;
    descendants.set(pid, start);
    const line = read(`/proc/${pid}/cmdline`);
    seen.add(line);
    if (line.includes("--unix-socket=")) seen.add(`environment of a proxy: ${read(`/proc/${pid}/environ`)}`);
  }
  await setImmediate();
}
process.stdout.write(JSON.stringify([...seen]));

/** Returns the fields `ppid` and `starttime` of proc_pid_stat(5), which follow a name in parentheses. */
function readProcess(pid: string): [string, Process][] {
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [parent = "", start = ""] = [fields[1], fields[19]];
  return start === "" ? [] : [[pid, { parent, start }]];
}

function descends(pid: string, all: ReadonlyMap<string, Process>): boolean {
  const found = all.get(pid);
  if (!found) return false;
  return found.parent === root || descendants.get(pid) === found.start || descends(found.parent, all);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8").replaceAll("\0", " ");
  } catch {
    return ""; // it has ended in the meantime
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { mounts } from "./mounts.ts";
import { until } from "./until.ts";

/** A program that runs inside the namespaces. */
export type Inside = {
  /** Resolves when it has ended, with a sentence that says how. Never rejects. */
  readonly exited: Promise<string>;
  /** Kills the program and waits for its end. Its containers continue to run. */
  kill(): Promise<void>;
};

/** A mount namespace and a pid namespace, with a folder and a cgroup that are removed together with them. */
export type Namespaces = {
  readonly folder: string;
  /** A cgroup in every hierarchy that the machine mounts: `/acr-secret-…`. */
  readonly cgroup: string;
  /** Runs a program inside and waits for its end. @throws Error with its output if it fails */
  run(command: string, args: readonly string[]): Promise<void>;
  /** Starts a long-running program inside. Its output goes to `<folder>/<name>.log`. */
  daemon(name: string, command: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Inside>;
  /**
   * Ends all programs inside, and removes the folder and the cgroup. May be called twice.
   *
   * @throws Error if it cannot remove all of it
   */
  close(): Promise<void>;
};

// With cgroup v2 the script first enables the controllers that a kubelet needs, as every container runtime does. They stay enabled.
// It waits outside for the namespace's first process, however that ends, and then cleans up. It also creates everything that it cleans up,
// so nothing ever exists without a process that removes it.
const keeper = `
trap '' HUP INT TERM
folder=$1 cgroup=$2 init=$3; shift 3
if [ -e /sys/fs/cgroup/cgroup.procs ]; then
  roots=/sys/fs/cgroup
  for one in cpu cpuset memory hugetlb pids; do echo "+$one" > "$roots/cgroup.subtree_control"; done 2>/dev/null
else roots=$(ls -d /sys/fs/cgroup/*); fi
each() { for root in $roots; do [ ! -e "$root/cgroup.procs" ] || "$@" "$root$cgroup"; done; }
drop() { [ ! -e "$1" ] || find "$1" -depth -type d -exec rmdir {} + 2>/dev/null || left="$left $1"; }
mkdir -m 700 "$folder" || exit 1
each mkdir -p && mkdir "$folder/tmp" &&
  unshare --mount --pid --fork --propagation private /bin/sh -ec "$init" sh "$folder" "$@"
tries=100; left=some
while [ "$left" ] && [ "$tries" -gt 0 ]; do left=; each drop; [ ! "$left" ] || sleep 0.1; tries=$((tries - 1)); done
rm -rf "$folder" || left="$left $folder"
[ ! "$left" ] || { echo "left behind:$left" >&2; exit 1; } `;

// The first process of the pid namespace: its end kills everything inside. It waits for the end of fd 3, whose other end only this process
// has, and reaps orphans. /proc still belongs to the machine when the process reads its own number there.
const init = `
read -r pid _ < /proc/self/stat
${mounts}
echo "$pid"
cat <&3 > /dev/null &
wait $! `;

/**
 * Opens the namespaces. They end when this process ends for any reason.
 *
 * @param folder an absolute path that does not exist yet; the logs go there, too
 * @param cgroup a unique name for the cgroup
 * @param needs folders that stay visible inside
 * @throws Error with the output of the tools
 */
export async function openNamespaces(folder: string, { cgroup, needs }: { cgroup: string; needs: readonly string[] }): Promise<Namespaces> {
  const path = `/${cgroup}`;
  const child = spawn("/bin/sh", ["-c", keeper, "sh", folder, path, init, ...needs], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    detached: true,
  });
  const [, output, problems, line] = child.stdio as unknown as [null, Readable, Readable, Writable];
  line.on("error", () => {}); // the process at the other end may have ended
  const errors = textOf(problems);
  const ended = endOf(child);
  async function close(): Promise<void> {
    line.end();
    if ((await ended).code !== 0) throw new Error(`the node's namespaces did not close: ${await errors}`);
  }

  const pid = await firstLine(output);
  if (pid === undefined) {
    await ended;
    throw new Error(`the node's namespaces did not open: ${await errors}`);
  }
  // -r: if this process has another root directory than the machine's, the programs are below that root.
  const inside = (command: string, args: readonly string[]) => ["-t", pid, "-m", "-p", "-r", "--", command, ...args];

  return {
    folder,
    cgroup: path,
    async run(command, args) {
      const run = spawn("nsenter", inside(command, args), { stdio: ["ignore", "pipe", "pipe"], env: environment(folder), detached: true });
      const [printed, { code }] = await Promise.all([textOf(run.stdout), textOf(run.stderr), endOf(run)]).then(
        ([out, err, end]) => [out + err, end] as const,
      );
      if (code !== 0) throw new Error(`${command} ${args.join(" ")} failed: ${printed.trim()}`);
    },
    async daemon(name, command, args, env = {}) {
      const log = await open(join(folder, `${name}.log`), "a", 0o600);
      const daemon = spawn("nsenter", inside(command, args), {
        stdio: ["ignore", log.fd, log.fd],
        env: { ...environment(folder), ...env },
        cwd: folder,
        detached: true,
      });
      const exited = endOf(daemon).then(({ code, signal }) => `${name} ended (${signal ?? `exit code ${code}`})`);
      await log.close(); // a program that ends at once would be missed if its end were not awaited before
      async function kill(): Promise<void> {
        // nsenter and the program are a process group
        const group = -(daemon.pid ?? Number.NaN);
        if (daemon.exitCode === null && daemon.signalCode === null) signal(group, "SIGKILL");
        await until(`${name} has ended`, new Promise(() => {}), async () => !signal(group, 0));
      }
      return { exited, kill };
    },
    close,
  };
}

/** Contains no setting of the user: no docker login from a home folder, no proxy. */
function environment(folder: string): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: folder, TMPDIR: join(folder, "tmp") };
}

/** @returns false if there is no such process */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

function endOf(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve) => {
    child.once("error", () => resolve({ code: null, signal: null }));
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
}

async function textOf(stream: Readable): Promise<string> {
  let text = "";
  for await (const chunk of stream.setEncoding("utf8")) text += chunk;
  return text;
}

async function firstLine(stream: Readable): Promise<string | undefined> {
  for await (const line of createInterface({ input: stream })) return line;
  return undefined;
}

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { Duplex } from "node:stream";

/** A program that cannot run longer than this process. */
export type Guarded = {
  /** The program's own pid, which is also its process group. */
  readonly pid: number;
  /** How the program ended, for whatever reason. Never rejects. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Ends the program and its process group (SIGTERM, then SIGKILL) and waits until both have ended. May be called twice. */
  stop(): Promise<void>;
};

// The guard reads fd 3. Only this process has the other end, so the read ends when this process ends for any reason. Then the guard ends
// its own process group.
// The guard stays in that group, so the group's number cannot belong to another group by then.
const guard = `
( trap '' HUP INT TERM
  read -r _
  kill -TERM -$$ 2>/dev/null
  left="$1"
  while [ "$left" -gt 0 ] && kill -0 $$ 2>/dev/null; do sleep 0.1 || sleep 1; left=$((left - 1)); done
  kill -KILL -$$ ) <&3 >/dev/null 2>&1 &
shift
exec "$@" 3<&- `;

/**
 * Starts a program that ends, with its process group, when this process ends for any reason, SIGKILL included.
 * Needs a POSIX `sh`. The program's output is appended to the file `log`.
 *
 * @param grace seconds between SIGTERM and SIGKILL
 */
export async function spawnGuarded(
  command: string,
  args: readonly string[],
  { log, env, cwd, grace = 5 }: { log: string; env?: NodeJS.ProcessEnv; cwd?: string; grace?: number },
): Promise<Guarded> {
  const file = await open(log, "a", 0o600);
  try {
    const child = spawn("/bin/sh", ["-c", guard, "sh", String(Math.ceil(grace * 10)), command, ...args], {
      stdio: ["ignore", file.fd, file.fd, "pipe"],
      detached: true,
      ...(env && { env }),
      ...(cwd !== undefined && { cwd }),
    });
    const line = held(child.stdio[3]);
    const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal }));
      child.once("error", () => resolve({ code: null, signal: null }));
    });
    // "close" comes after the exit, and after the guard has closed the pipe.
    const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
    void exited.then(() => line.end());
    await once(child, "spawn");
    return {
      pid: child.pid ?? 0,
      exited,
      async stop() {
        line.end();
        await gone;
      },
    };
  } finally {
    await file.close();
  }
}

// The guard itself creates the folder, so the folder never exists without a process that removes it.
// A program that is still ending may write into the folder, so the guard tries several times.
const folderGuard = `
trap '' HUP INT TERM
mkdir -m 700 -- "$1" || exit 1
echo made >&3
read -r _ <&3
left=30
while rm -rf -- "$1"; [ -e "$1" ] && [ "$left" -gt 0 ]; do sleep 1; left=$((left - 1)); done`;

/**
 * Creates a folder for this user alone (0700), which is removed when this process ends for any reason. Its name is `prefix` and random
 * letters, in the system's temporary folder unless `prefix` is a full path. Stop the programs that use the folder before you call `remove`,
 * which waits until the folder is deleted. `remove` may be called twice.
 */
export async function guardedFolder(prefix: string): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = resolve(tmpdir(), prefix + randomBytes(6).toString("hex"));
  const child = spawn("/bin/sh", ["-c", folderGuard, "sh", path], { stdio: ["ignore", "ignore", "ignore", "pipe"], detached: true });
  const line = held(child.stdio[3]);
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    line.once("data", () => resolve());
    child.once("error", reject).once("exit", () => reject(new Error(`cannot make the folder ${path}`)));
  });
  return {
    path,
    async remove() {
      line.end();
      await gone;
    },
  };
}

/** Returns this process's end of a guard's pipe. The pipe breaks when the guard ends, which is not an error. */
function held(pipe: unknown): Duplex {
  if (!(pipe instanceof Duplex)) throw new Error("a guard needs a pipe");
  return pipe.on("error", () => {}).resume();
}

import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { accessSync, constants, mkdtempSync, statSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import type { Environment } from "../env.ts";
import { CliError } from "../errors.ts";
import type { Kubeconfig } from "./kubeconfig.ts";

/** kubectl, with the flags of the command line that belong to it. */
export type Kubectl = { readonly file: string; readonly flags: readonly string[]; readonly env: Environment };

/**
 * Finds the kubectl that runs this plugin, which sets KUBECTL_PATH since 1.37, else the first one on PATH. Searches synchronously, because
 * everything waits for it.
 */
export function findKubectl(env: Environment, platform: NodeJS.Platform): string | undefined {
  if (env.KUBECTL_PATH && runs(env.KUBECTL_PATH)) return env.KUBECTL_PATH;
  const [separator, name] = platform === "win32" ? [";", "kubectl.exe"] : [":", "kubectl"];
  const folders = (env.PATH ?? env.Path ?? "").split(separator).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find(runs);
}

/** A folder has the same bit, so it is excluded. */
function runs(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Runs a program as the child of a child, because a child continues after a parent that is killed with SIGKILL. The pipe at 3 closes when
 * this process ends in any way. Then the watchdog ends the program and deletes its folder ($0). The exit code is the program's.
 *
 * A shell redirects the stdin of a background process (`&`) from /dev/null, so its stdin is passed through 4. A shell also makes a
 * background process ignore SIGINT. The program ignores SIGHUP, because a closed terminal sends it to every process. The last requests of
 * this process use the program.
 *
 * kubectl may be a wrapper, so all its descendants are ended with it. Each is stopped first, so that it cannot start another one, and its
 * starting children are waited for. On a busy machine a stop takes effect late. So a list of children counts only when the next list has
 * no more. A process group would name the same processes. But a background group may not read from the terminal, where credential plugins
 * prompt.
 */
const watchdog = `
exec 4<&0
trap "" HUP
"$@" <&4 3<&- 4<&- & program=$!
exec >/dev/null 2>&1 4<&-
trap "" INT TERM
stopped() {
  for try in 1 2 3 4 5 6 7 8 9 10; do
    read -r stat < /proc/$1/stat || return
    case $stat in *") "[TtZX]" "*) return ;; esac
    sleep 0.02
  done
}
below() {
  kill -STOP $1; stopped $1; echo $1
  for child in $(cat /proc/$1/task/*/children || pgrep -P $1); do below $child; done
}
read -r _ <&3
all=
while seen=$(below $program); [ "$seen" != "$all" ]; do all=$seen; done
kill $all; kill -CONT $all
wait $program; code=$?
[ -z "$0" ] || rm -rf -- "$0"
exit $code`;

/** Every POSIX system has it here. To search PATH takes longer than to start it. */
const shell = "/bin/sh";

type Program = {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Environment;
  /** `inherit` on a terminal, where credential plugins prompt. */
  readonly stdin: "inherit" | "ignore";
  readonly platform: NodeJS.Platform;
  readonly folder?: string;
};

/**
 * Starts a program that ends with this process. On Windows, which has no such shell, it may continue. Go collects garbage several times
 * while kubectl starts. A higher limit saves a third of the start time.
 */
export function watched({ file, args, env, stdin, platform, folder = "" }: Program): ChildProcess {
  const [program, words] = platform === "win32" ? [file, [...args]] : [shell, ["-c", watchdog, folder, file, ...args]];
  const quick = { GOGC: "off", GOMEMLIMIT: "256MiB", ...env };
  return spawn(program, words, { stdio: [stdin, "pipe", "pipe", "pipe"], env: quick, windowsHide: true });
}

/** Explains why a program could not be started, from an error of Node's. */
export function startError(cause: NodeJS.ErrnoException): CliError {
  const { path = "kubectl", code = "" } = cause;
  const hint = path === shell ? `kubectl is started through ${shell}. In a pod without kubectl, the plugin needs neither` : undefined;
  return new CliError("config", `${path} cannot be started (${code})`, { hint, cause });
}

/** Ends a watched program with all its descendants, by closing the watchdog's pipe. May be called twice. */
export function end(child: ChildProcess): void {
  // If this process may open no more files, the child has no pipes
  const pipe = (child.stdio as ChildProcess["stdio"] | undefined)?.[3];
  if (pipe instanceof Socket) pipe.destroy();
  if (child.spawnfile !== shell) child.kill();
}

export type Launched = {
  readonly child: ChildProcess;
  /** The prefix of every API path. */
  readonly prefix: string;
  /** Never resolves. Rejects with a CliError if the program could not be started. */
  readonly failure: Promise<never>;
  readonly kubeconfig?: Kubeconfig;
};

/**
 * Starts `kubectl proxy`, and does not wait. It serves on a unix socket in a folder with mode 0700, because anyone who can connect has the
 * user's rights. On Windows, Node cannot connect to a unix socket. There it serves on a TCP port, below a random path that can't be
 * guessed.
 * @throws CliError config if there is no folder for its socket
 */
export function launchProxy({ file, flags, env, stdin, platform }: Kubectl & Pick<Program, "stdin" | "platform">): Launched {
  const isWindows = platform === "win32";
  const prefix = isWindows ? `/${randomBytes(16).toString("hex")}` : "";
  const folder = isWindows ? "" : privateFolder(env.TMPDIR);
  const at = isWindows ? ["--port=0", `--api-prefix=${prefix}/`] : [`--unix-socket=${folder}/s`];
  // Without this flag of kubectl 1.23, the proxy drops the path of the kubeconfig's server (Rancher, Loft, `az connectedk8s proxy`),
  // and every request goes to the server's root
  const args = ["proxy", ...at, "--append-server-path", ...flags];
  const child = watched({ file, args, env, stdin, platform, folder });
  const failure = new Promise<never>((_, reject) => child.once("error", (error) => reject(startError(error))));
  failure.catch(() => {});
  return { child, prefix, failure };
}

/** Creates a folder with mode 0700. The path of a socket may have at most 104 bytes on macOS, so a long TMPDIR is ignored. */
function privateFolder(wanted: string | undefined): string {
  const parent = wanted && wanted.length < 60 ? wanted.replace(/\/$/, "") : "/tmp";
  try {
    return mkdtempSync(`${parent}/kubectl-acr-secret-`);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const hint = "set TMPDIR to a writable folder";
    throw new CliError("config", `cannot create a folder in ${parent} (${code})`, { hint, cause });
  }
}

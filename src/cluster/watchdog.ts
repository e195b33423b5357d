import { type ChildProcess, spawn } from "node:child_process";
import { Socket } from "node:net";
import type { Environment } from "../env.ts";
import { CliError } from "../errors.ts";

/**
 * Runs a program as the child of a child, because a child continues after a parent that is killed with SIGKILL. The pipe at 3 closes when
 * this process ends in any way. Then the watchdog ends the program and deletes its folder ($0). The exit code is the program's.
 * A shell redirects the stdin of a background process (`&`) from /dev/null, so its stdin is passed through 4.
 * The program ignores SIGHUP, because a closed terminal sends it to every process, and the last requests of this process use the program. A
 * shell makes a background process ignore SIGINT.
 * kubectl may be a wrapper, so all its descendants are ended with it. Each is stopped first, and its starting children are waited for, so
 * that it cannot start another one. A stop may take effect late on a busy machine, so a list of children counts only when the next list has
 * no more.
 * A process group would name the same processes, but a background group may not read from the terminal, where credential plugins prompt.
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

export type Program = {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Environment;
  /** `inherit` on a terminal, where credential plugins prompt. */
  readonly stdin: "inherit" | "ignore";
  readonly platform: NodeJS.Platform;
  /** Deleted with the program. */
  readonly folder?: string;
};

/** Starts a program that ends with this process. On Windows, which has no such shell, it may continue. */
export function watched({ file, args, env, stdin, platform, folder = "" }: Program): ChildProcess {
  const [program, words] = platform === "win32" ? [file, [...args]] : [shell, ["-c", watchdog, folder, file, ...args]];
  return spawn(program, words, { stdio: [stdin, "pipe", "pipe", "pipe"], env, windowsHide: true });
}

/** Explains why a program could not be started, from an error of Node's. */
export function startError(cause: NodeJS.ErrnoException): CliError {
  const { path = "kubectl", code = "" } = cause;
  const hint = path === shell ? `kubectl is run by ${shell}; in a pod without kubectl, the API server is asked without either` : undefined;
  return new CliError("config", `${path} cannot be started (${code})`, { hint, cause });
}

/** Ends a watched program with all its descendants, by closing the watchdog's pipe. May be called twice. */
export function end(child: ChildProcess): void {
  // If this process may open no more files, the child has no pipes
  const pipe = (child.stdio as ChildProcess["stdio"] | undefined)?.[3];
  if (pipe instanceof Socket) pipe.destroy();
  if (child.spawnfile !== shell) child.kill();
}

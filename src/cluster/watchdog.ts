import { type ChildProcess, spawn } from "node:child_process";
import { Socket } from "node:net";
import type { Environment } from "../env.ts";
import { CliError } from "../errors.ts";

/**
 * Runs a program as our child's child, because a child outlives a parent that is killed with SIGKILL.
 * The pipe at 3 ends with us however we end; then the program and a folder of its own ($0) go too. The exit code is the program's.
 * A shell gives /dev/null to what it starts with `&`, hence the way round by 4 for its stdin.
 * The program ignores SIGHUP, because a closed terminal sends it to every process: our last requests go through the program. A shell
 * makes what it starts with `&` ignore SIGINT.
 * kubectl may be a wrapper, so everything below it is ended with it. It is stopped first, and what it was just starting waited for, so
 * that it cannot start another one meanwhile; a stop may come late on a busy machine, so a look counts once the next one sees no more.
 * A process group would name the same processes, but one in the background may not read from the terminal, where credential plugins
 * ask.
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

/** Where every POSIX system has it; looking for it on PATH takes longer than starting it. */
const shell = "/bin/sh";

export type Program = {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Environment;
  /** `inherit` on a terminal, where credential plugins ask their questions. */
  readonly stdin: "inherit" | "ignore";
  readonly platform: NodeJS.Platform;
  /** Goes with the program. */
  readonly folder?: string;
};

/** Starts a program that does not outlive us; on Windows, where there is no such shell, it may. */
export function watched({ file, args, env, stdin, platform, folder = "" }: Program): ChildProcess {
  const [program, words] = platform === "win32" ? [file, [...args]] : [shell, ["-c", watchdog, folder, file, ...args]];
  return spawn(program, words, { stdio: [stdin, "pipe", "pipe", "pipe"], env, windowsHide: true });
}

/** Why a program could not be started at all: an error of Node's, in our words. */
export function startError(cause: NodeJS.ErrnoException): CliError {
  const { path = "kubectl", code = "" } = cause;
  const hint = path === shell ? `kubectl is run by ${shell}; in a pod without kubectl, the API server is asked without either` : undefined;
  return new CliError("config", `${path} cannot be started (${code})`, { hint, cause });
}

/** Ends a watched program with everything below it, by letting go of the watchdog's pipe. May be called twice. */
export function end(child: ChildProcess): void {
  // Where this process may open no more files, the child has no pipes at all
  const pipe = (child.stdio as ChildProcess["stdio"] | undefined)?.[3];
  if (pipe instanceof Socket) pipe.destroy();
  if (child.spawnfile !== shell) child.kill();
}

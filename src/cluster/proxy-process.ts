import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { Socket } from "node:net";
import { CliError } from "../errors.ts";
import { type Kubectl, quickStart } from "./kubectl.ts";

/** A `kubectl proxy` that is on its way. */
export type Launched = {
  readonly child: ChildProcess;
  /** What stands before every API path. */
  readonly prefix: string;
  /** Never resolves; rejects where the program could not be run at all. */
  readonly failure: Promise<never>;
};

export type Launch = Kubectl & {
  /** `inherit` on a terminal, where credential plugins ask their questions. */
  readonly stdin: "inherit" | "ignore";
  readonly platform: NodeJS.Platform;
};

/** Starts `kubectl proxy`, and waits for nothing. @throws CliError config where its socket has no place */
export function launchProxy({ stdin, platform, ...kubectl }: Launch): Launched {
  const { file, args, prefix } = platform === "win32" ? portCommand(kubectl) : socketCommand(kubectl, privateFolder(kubectl.env.TMPDIR));
  const child = spawn(file, args, { stdio: [stdin, "pipe", "pipe", "pipe"], env: quickStart(kubectl.env), windowsHide: true });
  const failure = new Promise<never>((_, reject) => child.once("error", reject));
  failure.catch(() => {});
  return { child, prefix, failure };
}

/** Lets go of the watchdog's pipe, and it ends kubectl; without a watchdog we do. May be called twice. */
export function release({ child }: Launched): void {
  const pipe = child.stdio[3];
  if (pipe instanceof Socket) pipe.destroy();
  if (child.spawnfile !== shell) child.kill();
}

/**
 * Runs kubectl as our child's child, because a child outlives a parent that is killed with SIGKILL.
 * The pipe at 3 ends with us however we end; then kubectl and the socket's folder ($0) go too.
 * A shell gives /dev/null to what it starts with `&`, hence the way round by 4 for kubectl's stdin.
 * Ctrl-C and a closed terminal are for us to answer: what we still have to write goes through the proxy.
 * kubectl may be a wrapper, so everything below it is ended with it; stopped first, it cannot start another one meanwhile. A process
 * group would name the same processes, but one in the background may not read from the terminal, where credential plugins ask.
 */
const watchdog = `
exec 4<&0
"$@" <&4 3<&- 4<&- & kubectl=$!
exec >/dev/null 2>&1 4<&-
trap "" INT HUP TERM
below() { kill -STOP $1; echo $1; for child in $(cat /proc/$1/task/*/children || pgrep -P $1); do below $child; done; }
read -r _ <&3
all=$(below $kubectl)
kill $all; kill -CONT $all
wait $kubectl
rm -rf -- "$0"`;

/** Where every POSIX system has it; looking for it on PATH takes longer than starting it. */
const shell = "/bin/sh";

/**
 * Below the path of the kubeconfig's server, if it has one (Rancher, Loft, `az connectedk8s proxy`): without the flag (kubectl 1.23)
 * the proxy drops that path, and every request goes to whatever API stands at the server's root.
 */
const toThatServer = "--append-server-path";

/** How to start `kubectl proxy`, and where it will serve. */
type ProxyCommand = { readonly file: string; readonly args: readonly string[]; readonly prefix: string };

/** On a unix socket in `folder`, which must be ours alone (mode 0700): whoever can connect has the user's rights. */
function socketCommand({ file, flags }: Pick<Kubectl, "file" | "flags">, folder: string): ProxyCommand {
  const proxy = [file, "proxy", `--unix-socket=${folder}/s`, toThatServer, ...flags];
  return { file: shell, args: ["-c", watchdog, folder, ...proxy], prefix: "" };
}

/** On a TCP port of the system's choice, below a path that nobody can guess: for Windows, where Node cannot dial a unix socket. */
function portCommand({ file, flags }: Pick<Kubectl, "file" | "flags">): ProxyCommand {
  const prefix = `/${randomBytes(16).toString("hex")}`;
  return { file, args: ["proxy", "--port=0", `--api-prefix=${prefix}/`, toThatServer, ...flags], prefix };
}

/** A new folder with mode 0700. A socket's path may have 104 bytes at most on macOS, so a long TMPDIR is passed over. */
function privateFolder(wanted: string | undefined): string {
  const parent = wanted && wanted.length < 60 ? wanted.replace(/\/$/, "") : "/tmp";
  try {
    return mkdtempSync(`${parent}/kubectl-acr-secret-`);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new CliError("config", `no folder can be made in ${parent} (${code})`, {
      hint: "set TMPDIR to a folder that you may write to",
      cause,
    });
  }
}

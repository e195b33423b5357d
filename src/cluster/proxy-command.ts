import { randomBytes } from "node:crypto";
import type { Kubectl } from "./kubectl.ts";

/**
 * Runs kubectl as our child's child, because a child outlives a parent that is killed with SIGKILL.
 * The pipe at 3 ends with us however we end; then kubectl and the socket's folder ($0) go too.
 * A shell gives /dev/null to what it starts with `&`, hence the way round by 4 for kubectl's stdin.
 * Ctrl-C and a closed terminal are for us to answer: what we still have to write goes through the proxy.
 */
const watchdog =
  'exec 4<&0; "$@" <&4 3<&- 4<&- & p=$!; exec >&- 2>&- 4<&-; trap "" INT HUP TERM; read -r _ <&3; kill $p; wait $p; rm -rf -- "$0"';

/** Where every POSIX system has it; looking for it on PATH takes longer than starting it. */
export const shell = "/bin/sh";

/** How to start `kubectl proxy`, and where it will serve. */
export type ProxyCommand = { readonly file: string; readonly args: readonly string[]; readonly prefix: string };

/**
 * Below the path of the kubeconfig's server, if it has one (Rancher, Loft, `az connectedk8s proxy`): without the flag (kubectl 1.23)
 * the proxy drops that path, and every request goes to whatever API stands at the server's root.
 */
const toThatServer = "--append-server-path";

/** On a unix socket in `folder`, which must be ours alone (mode 0700): whoever can connect has the user's rights. */
export function socketCommand({ file, flags }: Pick<Kubectl, "file" | "flags">, folder: string): ProxyCommand {
  const proxy = [file, "proxy", `--unix-socket=${socketIn(folder)}`, toThatServer, ...flags];
  return { file: shell, args: ["-c", watchdog, folder, ...proxy], prefix: "" };
}

/** On a TCP port of the system's choice, below a path that nobody can guess: for Windows, where Node cannot dial a unix socket. */
export function portCommand({ file, flags }: Pick<Kubectl, "file" | "flags">): ProxyCommand {
  const prefix = `/${randomBytes(16).toString("hex")}`;
  return { file, args: ["proxy", "--port=0", `--api-prefix=${prefix}/`, toThatServer, ...flags], prefix };
}

export const socketIn = (folder: string) => `${folder}/s`;

/** What kubectl prints once it accepts connections: a socket's path or `127.0.0.1:PORT`. */
export const servingAt = (stdout: string) => /^Starting to serve on (.+)\n/m.exec(stdout)?.[1];

/**
 * What kubectl and its credential plugins print, without kubectl's log of requests that failed:
 * that is also the answer to the request, and told from there. Some entries go on over several lines.
 */
export const withoutRequestLog = (stderr: string) =>
  stderr.replace(/^E\d{4} \S+ +\d+ proxy_server\.go:\d+\] (?:.*\n?)(?:(?![EWIF]\d{4} ).*(?:\n|$))*/gm, "");

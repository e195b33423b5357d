import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { CliError } from "../errors.ts";
import type { Kubeconfig } from "./kubeconfig.ts";
import { type Kubectl, quickStart } from "./kubectl.ts";
import { end, startError, watched } from "./watchdog.ts";

/** A `kubectl proxy` that is on its way. */
export type Launched = {
  readonly child: ChildProcess;
  /** What stands before every API path. */
  readonly prefix: string;
  /** Never resolves; rejects, with a CliError, where the program could not be run at all. */
  readonly failure: Promise<never>;
  /** The kubeconfig from which its context was chosen. */
  readonly kubeconfig?: Kubeconfig;
};

export type Launch = Kubectl & {
  /** `inherit` on a terminal, where credential plugins ask their questions. */
  readonly stdin: "inherit" | "ignore";
  readonly platform: NodeJS.Platform;
};

/** Starts `kubectl proxy`, and waits for nothing. @throws CliError config where its socket has no place */
export function launchProxy({ stdin, platform, ...kubectl }: Launch): Launched {
  const { prefix, ...program } = platform === "win32" ? onPort(kubectl) : onSocket(kubectl, privateFolder(kubectl.env.TMPDIR));
  const child = watched({ ...program, file: kubectl.file, env: quickStart(kubectl.env), stdin, platform });
  const failure = new Promise<never>((_, reject) => child.once("error", (error) => reject(startError(error))));
  failure.catch(() => {});
  return { child, prefix, failure };
}

/** Ends a proxy. May be called twice. */
export const release = ({ child }: Launched): void => end(child);

/**
 * Below the path of the kubeconfig's server, if it has one (Rancher, Loft, `az connectedk8s proxy`): without the flag (kubectl 1.23)
 * the proxy drops that path, and every request goes to whatever API stands at the server's root.
 */
const toThatServer = "--append-server-path";

/** On a unix socket in `folder`, which must be ours alone (mode 0700): whoever can connect has the user's rights. */
function onSocket({ flags }: Pick<Kubectl, "flags">, folder: string) {
  return { args: ["proxy", `--unix-socket=${folder}/s`, toThatServer, ...flags], folder, prefix: "" };
}

/** On a TCP port of the system's choice, below a path that nobody can guess: for Windows, where Node cannot dial a unix socket. */
function onPort({ flags }: Pick<Kubectl, "flags">) {
  const prefix = `/${randomBytes(16).toString("hex")}`;
  return { args: ["proxy", "--port=0", `--api-prefix=${prefix}/`, toThatServer, ...flags], prefix };
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

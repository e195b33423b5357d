import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { CliError } from "../errors.ts";
import type { Kubeconfig } from "./kubeconfig.ts";
import { type Kubectl, quickStart } from "./kubectl.ts";
import { end, startError, watched } from "./watchdog.ts";

/** A `kubectl proxy` that was started. */
export type Launched = {
  readonly child: ChildProcess;
  /** The prefix of every API path. */
  readonly prefix: string;
  /** Never resolves. Rejects with a CliError if the program could not be started. */
  readonly failure: Promise<never>;
  /** The kubeconfig that selected its context. */
  readonly kubeconfig?: Kubeconfig;
};

export type Launch = Kubectl & {
  /** `inherit` on a terminal, where credential plugins prompt. */
  readonly stdin: "inherit" | "ignore";
  readonly platform: NodeJS.Platform;
};

/** Starts `kubectl proxy`, and does not wait. @throws CliError config if there is no folder for its socket */
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
 * Adds the path of the kubeconfig's server, if it has one (Rancher, Loft, `az connectedk8s proxy`): without the flag (kubectl 1.23) the
 * proxy drops that path, and every request goes to the API at the server's root.
 */
const toThatServer = "--append-server-path";

/** On a unix socket in `folder`, which only this user may access (mode 0700): anyone who can connect has the user's rights. */
function onSocket({ flags }: Pick<Kubectl, "flags">, folder: string) {
  return { args: ["proxy", `--unix-socket=${folder}/s`, toThatServer, ...flags], folder, prefix: "" };
}

/**
 * On a TCP port that the system chooses, below a random path that can't be guessed: for Windows, where Node cannot connect to a unix
 * socket.
 */
function onPort({ flags }: Pick<Kubectl, "flags">) {
  const prefix = `/${randomBytes(16).toString("hex")}`;
  return { args: ["proxy", "--port=0", `--api-prefix=${prefix}/`, toThatServer, ...flags], prefix };
}

/** Creates a folder with mode 0700. The path of a socket may have at most 104 bytes on macOS, so a long TMPDIR is ignored. */
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

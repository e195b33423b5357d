import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { Socket } from "node:net";
import { CliError } from "../errors.ts";
import { type Kubectl, quickStart } from "./kubectl.ts";
import { portCommand, shell, socketCommand } from "./proxy-command.ts";

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

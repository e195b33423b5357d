import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { binaries } from "../sandbox/binaries.ts";
import { missingForNode } from "../sandbox/node/requirements.ts";
import { type Progress, showProgress } from "../sandbox/progress.ts";
import { azureCli, parsers } from "../sandbox/python.ts";
import type { Program } from "../sandbox/tools.ts";
import { packageAll, packagePlugin } from "./package.ts";
import { hostPlatform, platforms } from "./platforms.ts";

/** Prepares what a tier depends on. @returns one sentence that says what this machine lacks for it and how to install that */
export type Preparation = () => Promise<string | undefined>;

/** Debian's path of the program that runs 64-bit Windows programs. */
export const wine64 = "/usr/lib/wine/wine64";

/** Debian's path of the browser. */
export const chromiumPath = "/usr/bin/chromium";

/** Builds the sandbox's programs if they do not exist. */
export function programs(...need: readonly Program[]): Preparation {
  return () => shown((progress) => binaries({ need, progress }));
}

/** Installs the real Azure CLI if it is not installed. */
export const az: Preparation = () => shown((progress) => azureCli({ progress }));

/** Installs the parsers of other tools that read reports. */
export const reportParsers: Preparation = () => shown((progress) => parsers({ progress }));

async function shown(work: (progress: Progress) => Promise<unknown>): Promise<string | undefined> {
  const { line, done } = showProgress(process.stdout);
  try {
    await work(line);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    done();
  }
}

/**
 * Packages the plugin if its sources changed.
 *
 * @throws the error in the sources, because that is not a missing requirement of the machine
 */
export async function plugin(): Promise<string | undefined> {
  if (!hostPlatform()) return `the plugin is packaged for ${platforms.map(({ name }) => name).join(", ")} only: run this there`;
  await packagePlugin({ progress: (line) => process.stdout.write(`${line}\n`) });
  return undefined;
}

/** Packages the archives of all platforms if their sources changed. Takes one or two minutes. */
export async function release(): Promise<string | undefined> {
  await packageAll();
  return undefined;
}

/** Checks for the emulator of another processor. */
export async function emulator(): Promise<string | undefined> {
  const there = existsSync("/usr/bin/qemu-aarch64") && existsSync("/usr/aarch64-linux-gnu/lib/libatomic.so.1");
  const packages = "qemu-user libc6-arm64-cross libstdc++6-arm64-cross libatomic1-arm64-cross libgcc-s1-arm64-cross";
  return there ? undefined : `a program for arm64 needs an emulator and its libraries: on Debian, apt-get install ${packages}`;
}

/** Checks for the program that runs Windows programs. */
export async function wine(): Promise<string | undefined> {
  return existsSync(wine64) ? undefined : "a program for Windows needs Wine: on Debian, apt-get install wine64";
}

/** Checks for the browser that shows the HTML reports. */
export async function browser(): Promise<string | undefined> {
  return existsSync(chromiumPath) ? undefined : "the HTML reports need a browser: on Debian, apt-get install chromium";
}

/** Checks for the three shells in which kubectl completes. */
export async function shells(): Promise<string | undefined> {
  const names = await missing({ bash: "--version", zsh: "--version", fish: "--version", script: "--version" });
  if (!existsSync("/usr/share/bash-completion/bash_completion")) names.push("bash-completion");
  if (names.length === 0) return undefined;
  return `what is typed needs ${names.join(", ")}: on Debian, apt-get install bash-completion zsh fish bsdutils`;
}

/** Checks for the program of the recipes in docs/scripts.md. */
export async function recipes(): Promise<string | undefined> {
  const names = await missing({ jq: "--version" });
  return names.length === 0 ? undefined : "the recipes need jq: on Debian, apt-get install jq";
}

/** Returns the programs that cannot be started. Each has an argument that makes it exit at once. */
async function missing(programs: Readonly<Record<string, string>>): Promise<string[]> {
  const lacks = async ([name, arg]: readonly [string, string]) =>
    promisify(execFile)(name, [arg]).then(
      () => [],
      (error: NodeJS.ErrnoException) => (error.code === "ENOENT" ? [name] : []),
    );
  return (await Promise.all(Object.entries(programs).map(lacks))).flat();
}

/** Checks the requirements that cannot be built here: a real node needs Linux, root and a container runtime. */
export async function nodeParts(): Promise<string | undefined> {
  const names = await missingForNode();
  if (names.length === 0) return undefined;
  return `a real node needs ${names.join(", ")}: as root on Debian, apt-get install containerd runc containernetworking-plugins`;
}

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { azureCli } from "../sandbox/azure-cli.ts";
import { binaries } from "../sandbox/binaries.ts";
import { missingForNode } from "../sandbox/node/requirements.ts";
import { type Progress, showProgress } from "../sandbox/progress.ts";
import type { Program } from "../sandbox/tools.ts";
import { packageAll, packagePlugin } from "./package.ts";
import { hostPlatform, platforms } from "./platforms.ts";

/** Makes ready what a tier stands on; @returns in a sentence what this machine lacks for it, and how to get that. */
export type Preparation = () => Promise<string | undefined>;

/** Where Debian has the program that runs those of 64-bit Windows. */
export const wine64 = "/usr/lib/wine/wine64";

/** The sandbox's programs, built if they are not there yet. */
export function programs(...need: readonly Program[]): Preparation {
  return () => shown((progress) => binaries({ need, progress }));
}

/** The real Azure CLI, installed if it is not there yet. */
export const az: Preparation = () => shown((progress) => azureCli({ progress }));

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
 * The packaged plugin, made anew if its sources changed.
 *
 * @throws whatever is wrong with the sources: that is no lack of the machine
 */
export async function plugin(): Promise<string | undefined> {
  if (!hostPlatform()) return `the plugin is packaged for ${platforms.map(({ name }) => name).join(", ")} only: run this there`;
  await packagePlugin({ progress: (line) => process.stdout.write(`${line}\n`) });
  return undefined;
}

/** The archives of all platforms, made anew if their sources changed: in a minute or two. */
export async function release(): Promise<string | undefined> {
  await packageAll();
  return undefined;
}

/** What runs a program of another processor. */
export async function emulator(): Promise<string | undefined> {
  const there = existsSync("/usr/bin/qemu-aarch64") && existsSync("/usr/aarch64-linux-gnu/lib/libatomic.so.1");
  const packages = "qemu-user libc6-arm64-cross libstdc++6-arm64-cross libatomic1-arm64-cross libgcc-s1-arm64-cross";
  return there ? undefined : `a program for arm64 needs an emulator and its libraries: on Debian, apt-get install ${packages}`;
}

/** What runs a program of Windows. */
export async function wine(): Promise<string | undefined> {
  return existsSync(wine64) ? undefined : "a program for Windows needs Wine: on Debian, apt-get install wine64";
}

/** What explores the protocol's model: Spin writes a C program, which explores. */
export async function modelChecker(): Promise<string | undefined> {
  const names = await missing({ spin: "-V", gcc: "--version" });
  if (names.length === 0) return undefined;
  return `the protocol's model needs ${names.join(" and ")}: on Debian, apt-get install spin gcc libc6-dev`;
}

/** Where a person types and reads: the three shells that kubectl completes in, and what shows a manual page. */
export async function shells(): Promise<string | undefined> {
  const names = await missing({ bash: "--version", zsh: "--version", fish: "--version", mandoc: "-V", script: "--version" });
  if (!existsSync("/usr/share/bash-completion/bash_completion")) names.push("bash-completion");
  if (names.length === 0) return undefined;
  return `what is typed and read needs ${names.join(", ")}: on Debian, apt-get install bash-completion zsh fish mandoc bsdutils`;
}

/** The real package managers, and what judges packages. */
export async function packageManagers(): Promise<string | undefined> {
  const names = await missing({ dpkg: "--version", lintian: "--version", rpm: "--version", npm: "--version", ruby: "--version" });
  if (names.length === 0) return undefined;
  return `the channels need ${names.join(", ")}: on Debian, apt-get install lintian rpm npm ruby`;
}

/** The programs that cannot be started, each with what makes it end at once. */
async function missing(programs: Readonly<Record<string, string>>): Promise<string[]> {
  const lacks = async ([name, arg]: readonly [string, string]) =>
    promisify(execFile)(name, [arg]).then(
      () => [],
      (error: NodeJS.ErrnoException) => (error.code === "ENOENT" ? [name] : []),
    );
  return (await Promise.all(Object.entries(programs).map(lacks))).flat();
}

/** What only the machine itself can have: a real node needs Linux, root and a container runtime. */
export async function nodeParts(): Promise<string | undefined> {
  const names = await missingForNode();
  if (names.length === 0) return undefined;
  return `a real node needs ${names.join(", ")}: as root on Debian, apt-get install containerd runc containernetworking-plugins`;
}

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { guardedFolder, spawnGuarded } from "./guard.ts";
import { buildLine, type Progress, readGoLog } from "./progress.ts";
import type { Module } from "./tools.ts";

/** Everything that decides what the programs are: the pins, the compiler and the platform. 12 hex digits. */
export async function fingerprint(modules: readonly Module[], tools: string): Promise<string> {
  const cwd = join(tools, modules[0]?.name ?? "");
  const { stdout } = await promisify(execFile)("go", ["env", "GOVERSION", "GOOS", "GOARCH"], { cwd, env: goEnv });
  const hash = createHash("sha256").update(stdout);
  for (const module of modules) {
    for (const file of ["go.mod", "go.sum", "main.go"]) hash.update(`${await read(join(tools, module.name, file))}\0`);
    hash.update(JSON.stringify([module.packages, flags(module, "v0.0.0")]));
  }
  return hash.digest("hex").slice(0, 12);
}

/**
 * Builds every program of a module in one `go build`, which shares their packages, into the folder `into`, each whole or not at all.
 * A build that was killed goes on where it was (Go's own cache).
 */
export async function build(
  module: Module,
  { folder, into, progress }: { folder: string; into: string; progress: Progress },
): Promise<void> {
  const version = versionOf(module, await read(join(folder, "go.mod")));
  const what = `${module.name.replace(/-[\d.]+$/, "")} ${version.replace(/^v/, "")}`.trim();
  const work = await guardedFolder(`${into}/.`);
  try {
    const started = performance.now();
    let total = 0;
    const go = async (name: string, args: string[]) => {
      const log = join(work.path, `${name}.log`);
      const child = await spawnGuarded("go", args, { log, cwd: folder, env: { ...goEnv, ...module.env } });
      const tell = async () => progress(buildLine(what, readGoLog(await read(log)), total, (performance.now() - started) / 1000));
      const ticking = setInterval(() => void tell(), 1000);
      const { code } = await child.exited.finally(() => clearInterval(ticking));
      await child.stop();
      if (code !== 0) throw new Error(`cannot build ${what}: go ${name} failed:\n${tail(await read(log))}`);
      return readGoLog(await read(log)).packages;
    };
    const packages = Object.values(module.packages);
    const stale = '{{if and .Stale (ne .StaleReason "not installed but available in build cache")}}{{.ImportPath}}{{end}}';
    total = await go("list", ["list", "-deps", "-f", stale, ...flags(module, version), ...packages]);
    await go("build", ["build", "-v", "-o", `${join(work.path, "bin")}/`, ...flags(module, version), ...packages]);
    for (const [program, path] of Object.entries(module.packages)) {
      const built =
        path
          .replace(/\/v\d+$/, "")
          .split("/")
          .at(-1) ?? "";
      await rename(join(work.path, "bin", path === "." ? program : built), join(into, program));
    }
  } finally {
    await work.remove();
  }
}

/** The version that a go.mod requires of the module we speak of; empty if it names none. */
function versionOf(module: Module, goMod: string): string {
  const required = goMod.split("\n").find((line) => line.trim().startsWith(`${module.of} v`) && !line.includes("=>"));
  return required?.trim().split(" ")[1] ?? "";
}

function flags(module: Module, version: string): string[] {
  const stamps = Object.entries(module.stamps(version)).map(([variable, value]) => `-X ${variable}=${value}`);
  return ["-mod=readonly", "-ldflags", ["-s -w", ...stamps].join(" ")];
}

const goEnv: NodeJS.ProcessEnv = { ...process.env, GOWORK: "off" };

const read = (file: string) => readFile(file, "utf8").catch(() => "");

const tail = (log: string) => log.trimEnd().split("\n").slice(-12).join("\n");

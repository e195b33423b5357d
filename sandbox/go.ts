import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { guardedFolder } from "./guard.ts";
import { buildLine, type Progress, readGoLog } from "./progress.ts";
import { runLong } from "./run-long.ts";
import type { Module } from "./tools.ts";

/**
 * Returns a fingerprint of all inputs of the programs: the pinned versions, the compiler and the platform. 12 hex digits.
 *
 * @throws Error that says briefly why Go cannot be used
 */
export async function fingerprint(modules: readonly Module[], tools: string, env: NodeJS.ProcessEnv): Promise<string> {
  const first = join(tools, modules[0]?.name ?? "");
  const asked = promisify(execFile)("go", ["env", "GOVERSION", "GOOS", "GOARCH"], { cwd: first, env: { ...env, GOWORK: "off" } });
  const { stdout } = await asked.catch((error: NodeJS.ErrnoException & { stderr?: string }) => {
    throw new Error(error.code === "ENOENT" ? "Go is not installed" : `Go does not work (${error.stderr?.trim() || error.message})`);
  });
  const [version = ""] = stdout.split("\n");
  const needed = /^go (1\.\d+)/m.exec(await read(join(first, "go.mod")))?.[1] ?? "";
  if (minor(version) < minor(needed)) throw new Error(`${version} is older than Go ${needed}`);
  const hash = createHash("sha256").update(stdout);
  for (const module of modules) {
    const own = Object.values(module.packages)
      .find((path) => path.startsWith(ownPackages))
      ?.slice(ownPackages.length);
    const files = [`${module.name}/go.mod`, `${module.name}/go.sum`, `${own ?? module.name}/main.go`];
    for (const file of files) hash.update(`${await read(join(tools, file))}\0`);
    hash.update(JSON.stringify([module.packages, flags(module, "v0.0.0")]));
  }
  return hash.digest("hex").slice(0, 12);
}

/** The start of the packages whose sources are in sandbox/tools. */
const ownPackages = "acr-secret/sandbox/tools/";

/** Returns 26 for `go1.26.8`. */
const minor = (version: string) => Number(/1\.(\d+)/.exec(version)?.[1] ?? 0);

/**
 * Builds programs of a module into the folder `into`. One `go build` shares their packages. Each program appears only when it is complete.
 * After a kill, the next build continues from Go's own build cache.
 */
export async function build(
  module: Module,
  programs: readonly string[],
  { folder, into, env, progress }: { folder: string; into: string; env: NodeJS.ProcessEnv; progress: Progress },
): Promise<void> {
  const version = requiredVersion(module.of, await read(join(folder, "go.mod")));
  const what = `${module.name.replace(/-[\d.]+$/, "")} ${version.replace(/^v/, "")}`.trim();
  const work = await guardedFolder(`${into}/.`);
  try {
    const started = performance.now();
    let total: number | undefined;
    const go = async (name: string, args: string[]) => {
      const said = await runLong("go", args, {
        log: join(work.path, `${name}.log`),
        what: `cannot build ${what}: go ${name}`,
        cwd: folder,
        env: { ...env, GOWORK: "off", ...module.env },
        tick: (log) => progress(buildLine(what, readGoLog(log), total, (performance.now() - started) / 1000)),
      });
      return readGoLog(said).packages;
    };
    const wanted = Object.entries(module.packages).filter(([program]) => programs.includes(program));
    const packages = wanted.map(([, path]) => path);
    const stale = '{{if and .Stale (ne .StaleReason "not installed but available in build cache")}}{{.ImportPath}}{{end}}';
    total = await go("list", ["list", "-deps", "-f", stale, ...flags(module, version), ...packages]);
    await go("build", ["build", "-v", "-o", `${join(work.path, "bin")}/`, ...flags(module, version), ...packages]);
    const suffix = module.env?.["GOOS"] === "windows" ? ".exe" : "";
    for (const [program, path] of wanted) {
      await rename(join(work.path, "bin", `${basename(path.replace(/\/v\d+$/, ""))}${suffix}`), join(into, program));
    }
  } finally {
    await work.remove();
  }
}

/** Returns the version that a go.mod requires of the module `of`, or an empty string if it names none. */
export function requiredVersion(of: string, goMod: string): string {
  const lines = goMod.split("\n").map((line) => line.trim().replace(/^require /, ""));
  const required = lines.find((line) => line.startsWith(`${of} v`) && !line.includes("=>"));
  return required?.split(" ")[1] ?? "";
}

function flags(module: Module, version: string): string[] {
  const stamps = Object.entries(module.stamps(version)).map(([variable, value]) => `-X ${variable}=${value}`);
  return ["-mod=readonly", "-ldflags", ["-s -w", ...stamps].join(" ")];
}

const read = (file: string) => readFile(file, "utf8").catch(() => "");

import { constants } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { build, fingerprint } from "./go.ts";
import { exclusively } from "./lock.ts";
import type { Progress } from "./progress.ts";
import { type Module, modules, type Program } from "./tools.ts";

/** Where the sandbox's programs are. */
export type Binaries = {
  /** The folders that hold them, for PATH. */
  readonly folders: readonly string[];
  /** The full path of a program that was asked for. */
  program(name: Program): string;
};

/**
 * Finds the programs that are needed, and builds those that are missing: once per user, by `go build`, at the versions that
 * sandbox/tools pins. `KUBEBUILDER_ASSETS` (controller-runtime's envtest) names a folder whose programs are taken instead.
 *
 * @throws Error with one sentence for a person, when they cannot be built
 */
export async function binaries({
  need,
  progress = () => {},
  env = process.env,
}: {
  need: readonly Program[];
  progress?: Progress;
  env?: NodeJS.ProcessEnv;
}): Promise<Binaries> {
  const found = new Map<string, string>();
  const folders = new Set<string>();
  const take = async (folder: string, program: string) => {
    const path = join(folder, program);
    if (found.has(program) || !(await executable(path))) return;
    found.set(program, path);
    folders.add(folder);
  };
  const assets = env.KUBEBUILDER_ASSETS;
  if (assets) for (const program of need) await take(assets, program);
  for (const module of modules) {
    const missing = need.filter((program) => program in module.packages && !found.has(program));
    if (missing.length === 0) continue;
    const folder = await built(module, missing, env, progress);
    for (const program of missing) await take(folder, program);
  }
  return {
    folders: [...folders],
    program(name) {
      const path = found.get(name);
      if (path === undefined) throw new Error(`the program ${name} was not asked for`);
      return path;
    },
  };
}

/** The folder with a module's programs, built if it is not there yet. */
async function built(module: Module, missing: readonly string[], env: NodeJS.ProcessEnv, progress: Progress): Promise<string> {
  const folder = join(import.meta.dirname, "tools", module.name);
  const id = await fingerprint(module, folder).catch((error: unknown) => {
    throw new Error(withoutGo(missing, error));
  });
  const cache = join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "kubectl-acr-secret", "tools");
  const into = join(cache, `${module.name}-${id}`);
  if (await exists(into)) return into;
  await mkdir(cache, { recursive: true, mode: 0o700 });
  const wait = () => progress(`building ${module.name}: waiting for another process that builds it`);
  await exclusively(join(cache, `${id}.lock`), wait, async () => {
    if (!(await exists(into))) await build(module, { folder, into, progress });
  });
  return into;
}

function withoutGo(missing: readonly string[], error: unknown): string {
  const absent = error instanceof Error && "code" in error && error.code === "ENOENT";
  const why = absent ? "Go is not installed" : `Go is not usable here (${String((error as { stderr?: string }).stderr ?? error).trim()})`;
  return (
    `${missing.join(", ")} must be built once, and ${why}: ` +
    "install Go 1.26 or newer (https://go.dev/dl), or set KUBEBUILDER_ASSETS to a folder that holds them"
  );
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

const executable = (path: string) =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

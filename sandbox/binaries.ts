import { constants } from "node:fs";
import { access, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "./cache.ts";
import { build, fingerprint } from "./go.ts";
import { exclusively } from "./lock.ts";
import type { Progress } from "./progress.ts";
import { download, findReleases, type Publishers, publishers } from "./releases.ts";
import { groups, type Module, type Program } from "./tools.ts";

/** The programs of the sandbox. */
export type Binaries = {
  /** The folder of the programs that we downloaded or built. */
  readonly folder: string;
  /** The folders for PATH that contain the requested programs. */
  readonly path: readonly string[];
  /** Returns the full path of a requested program. */
  program(name: Program): string;
};

const tools = join(import.meta.dirname, "tools");

/**
 * Finds the required programs, and gets the missing ones once per user, at the versions that sandbox/tools pins. Downloads them if their
 * publisher answers and serves a checksum. Builds the others with `go build`.
 * `KUBEBUILDER_ASSETS` (controller-runtime's envtest) names a folder whose programs are used instead.
 *
 * @throws Error with one readable sentence if a program cannot be built
 */
export async function binaries({
  need,
  progress = () => {},
  env = process.env,
  from = publishers,
}: {
  need: readonly Program[];
  progress?: Progress;
  env?: NodeJS.ProcessEnv;
  from?: Publishers;
}): Promise<Binaries> {
  const assets = env.KUBEBUILDER_ASSETS ?? "";
  const given = new Set(assets === "" ? [] : await present(assets, need));
  const ours = need.filter((program) => !given.has(program));
  const homes = new Map<Program, string>([...given].map((program) => [program, assets]));
  for (const modules of groups) {
    const wanted = ours.filter((program) => modules.some(({ packages }) => program in packages));
    const folder = wanted.length === 0 ? assets : await complete(wanted, modules, { env, progress, from });
    for (const program of wanted) homes.set(program, folder);
  }
  const path = [...new Set(homes.values())];
  return {
    folder: path.at(-1) ?? assets,
    path,
    program(name) {
      const home = homes.get(name);
      if (home === undefined) throw new Error(`the program ${name} was not asked for`);
      return join(home, name);
    },
  };
}

type Way = { readonly env: NodeJS.ProcessEnv; readonly progress: Progress; readonly from: Publishers };

/** Returns the folder with these programs of a group. Downloads or builds those that do not exist. */
async function complete(programs: readonly Program[], modules: readonly Module[], { env, progress, from }: Way): Promise<string> {
  const id = await fingerprint(modules, tools, env).catch((error: Error) => {
    throw new Error(
      `${programs.join(", ")} must be built once, but ${error.message}: ` +
        "install Go 1.26 or newer (https://go.dev/dl), or set KUBEBUILDER_ASSETS to a folder that holds them",
    );
  });
  const folder = cacheFolder(env, "tools", id);
  const there = await present(folder, programs);
  const missing = programs.filter((program) => !there.includes(program));
  // All publishers get the same two seconds.
  const work = modules.map((module) => {
    const wanted = missing.filter((program) => program in module.packages);
    return { module, wanted, releases: releasesOf(module, wanted, from) };
  });
  for (const { module, wanted, releases } of work) {
    const absent = async () => {
      const found = await present(folder, wanted);
      return wanted.filter((program) => !found.includes(program));
    };
    if (wanted.length === 0) continue;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const waiting = () => progress(`building ${module.name}: waiting for another process that builds it`);
    await exclusively(join(folder, ".lock"), waiting, async () => {
      if ((await absent()).length === 0) return;
      await download(await releases, { into: folder, progress });
      const rest = await absent();
      if (rest.length > 0) await build(module, rest, { folder: join(tools, module.name), into: folder, env, progress });
    });
  }
  return folder;
}

async function releasesOf(module: Module, programs: readonly Program[], from: Publishers) {
  // Programs for another system are built.
  if (programs.length === 0 || module.env?.["GOOS"]) return [];
  return findReleases(programs, await readFile(join(tools, module.name, "go.mod"), "utf8"), from);
}

async function present(folder: string, programs: readonly Program[]): Promise<Program[]> {
  const found = await Promise.all(programs.map((program) => executable(join(folder, program))));
  return programs.filter((_, index) => found[index]);
}

const executable = (path: string) =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

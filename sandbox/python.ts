import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "./cache.ts";
import { exclusively } from "./lock.ts";
import { duration, type Progress } from "./progress.ts";
import { runLong } from "./run-long.ts";

/** Packages from PyPI: the file `tools/NAME/constraints.txt` has the tested version of each, and of the packages that they need. */
type Packages = { readonly name: string; readonly install: readonly string[]; readonly words: string };

/** Fails unless Python can create a virtual environment with pip. Debian has these modules in a separate package. */
const asksPython = "import ensurepip, platform, sys, venv; assert sys.version_info >= (3, 10); print(platform.python_version())";

/**
 * Installs packages once per user with pip, in their own virtual environment.
 *
 * @returns the folder with the programs of the environment, such as `python`
 * @throws Error with one readable sentence if the packages cannot be installed
 */
async function pythonPackages(
  { name, install, words }: Packages,
  { progress = () => {}, env = process.env }: { progress?: Progress; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const constraints = join(import.meta.dirname, "tools", name, "constraints.txt");
  const asked = promisify(execFile)("python3", ["-c", asksPython], { env });
  const { stdout: python } = await asked.catch(() => {
    throw new Error(`${words} needs Python 3.10 or newer with venv: on Debian, apt-get install python3-venv`);
  });
  const pinned = await readFile(constraints, "utf8");
  const id = createHash("sha256").update(python).update(pinned).digest("hex").slice(0, 12);
  const folder = cacheFolder(env, name, id);
  const done = join(folder, "installed");
  const complete = () =>
    readFile(done).then(
      () => true,
      () => false,
    );
  if (await complete()) return join(folder, "bin");

  const [first = ""] = install;
  const what = `installing ${words} ${pinned
    .split("\n")
    .find((line) => line.startsWith(`${first}==`))
    ?.slice(first.length + 2)}`;
  await mkdir(cacheFolder(env, name), { recursive: true, mode: 0o700 });
  const waiting = () => progress(`${what}: waiting for another process that installs it`);
  await exclusively(cacheFolder(env, name, `.${id}`), waiting, async () => {
    if (await complete()) return;
    // An incomplete environment looks the same as a complete one.
    await rm(folder, { recursive: true, force: true });
    const log = `${folder}.log`;
    await rm(log, { force: true });
    const started = performance.now();
    const tick = () => progress(`${what}: ${duration((performance.now() - started) / 1000)}`);
    const run = (file: string, args: readonly string[]) => runLong(file, args, { log, what, env, tick });
    tick();
    await run("python3", ["-m", "venv", folder]);
    await run(join(folder, "bin", "pip"), [
      ...["install", "--disable-pip-version-check", "--no-input", "--quiet"],
      ...["--constraint", constraints, ...install],
    ]);
    await writeFile(done, "");
    await rm(log);
  });
  return join(folder, "bin");
}

type Options = Parameters<typeof pythonPackages>[1];

/** Installs the real Azure CLI (0.7 GB, one or two minutes). @returns the folder that contains `az`, for PATH */
export const azureCli = (options?: Options): Promise<string> =>
  pythonPackages({ name: "az", install: ["azure-cli"], words: "the Azure CLI" }, options);

/** Installs parsers of OpenMetrics and JUnit XML. @returns the folder that contains `python` */
export const parsers = (options?: Options): Promise<string> =>
  pythonPackages({ name: "parsers", install: ["prometheus_client", "junitparser"], words: "the parser of prometheus_client" }, options);

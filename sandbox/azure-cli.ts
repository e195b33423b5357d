import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "./cache.ts";
import { exclusively } from "./lock.ts";
import { duration, type Progress } from "./progress.ts";
import { runLong } from "./run-long.ts";

/** The tested version of every Python package that the Azure CLI installs. */
const constraints = join(import.meta.dirname, "tools", "az", "constraints.txt");

/** Fails unless Python can create a virtual environment with pip. Debian has these modules in a separate package. */
const asksPython = "import ensurepip, platform, sys, venv; assert sys.version_info >= (3, 10); print(platform.python_version())";

/**
 * Installs the real Azure CLI once per user with pip, in its own virtual environment (0.7 GB, one or two minutes).
 *
 * @returns the folder that contains `az`, for PATH
 * @throws Error with one readable sentence if the CLI cannot be installed
 */
export async function azureCli({ progress = () => {}, env = process.env }: { progress?: Progress; env?: NodeJS.ProcessEnv } = {}) {
  const asked = promisify(execFile)("python3", ["-c", asksPython], { env });
  const { stdout: python } = await asked.catch(() => {
    throw new Error("the Azure CLI needs Python 3.10 or newer with venv: on Debian, apt-get install python3-venv");
  });
  const pinned = await readFile(constraints, "utf8");
  const id = createHash("sha256").update(python).update(pinned).digest("hex").slice(0, 12);
  const folder = cacheFolder(env, "az", id);
  const done = join(folder, "installed");
  const complete = () =>
    readFile(done).then(
      () => true,
      () => false,
    );
  if (await complete()) return join(folder, "bin");

  const what = `installing the Azure CLI ${/^azure-cli==(.*)$/m.exec(pinned)?.[1]}`;
  await mkdir(cacheFolder(env, "az"), { recursive: true, mode: 0o700 });
  const waiting = () => progress(`${what}: waiting for another process that installs it`);
  await exclusively(cacheFolder(env, "az", `.${id}`), waiting, async () => {
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
      ...["--constraint", constraints, "azure-cli"],
    ]);
    await writeFile(done, "");
    await rm(log);
  });
  return join(folder, "bin");
}
